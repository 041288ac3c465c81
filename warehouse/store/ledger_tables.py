"""The tables of schema ``ledger``: what happened to each delivered file, who decided what, who is taking what."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from warehouse.store.metadata import LEDGER, metadata

OPEN_STATES: Final = ("landed", "loading")
TERMINAL_STATES: Final = ("loaded", "duplicate", "refused", "held", "quarantined")
STATES: Final = (*OPEN_STATES, *TERMINAL_STATES)
DECISIONS: Final = ("accept", "refuse")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _count(name: str, comment: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"), comment=comment)


extract = Table(
    "extract",
    metadata,
    Column(
        "extract_id", BigInteger, Identity(always=True), primary_key=True, comment="One file of one feed, delivered"
    ),
    Column("feed", Text, nullable=False, comment="The feed's name in schemas/feeds; unknown where no feed matches"),
    Column("agency", Text, nullable=False, comment="The agency that delivered the file"),
    Column("digest", String(64), nullable=False, comment="SHA-256 of the delivered bytes, hexadecimal"),
    Column("size_bytes", BigInteger, nullable=False, comment="Size of the delivered file, bytes"),
    Column("arrived_at", DateTime(timezone=True), nullable=False, comment="When the file came to stand in the intake"),
    Column("sequence", BigInteger, comment="The delivery's number in its feed, where the agency numbers them"),
    Column("stated", Text, comment="The date that the file's name states, as it stands there"),
    Column(
        "apart",
        Text,
        nullable=False,
        server_default="",
        comment="What makes the same bytes a delivery of their own: its number, or the date of an empty file",
    ),
    Column("content_digest", String(64), comment="SHA-256 of the text inside a packed file, hexadecimal"),
    Column("as_of", Date, comment="The day of which the delivery is the truth"),
    Column("covered_from", Date, comment="The delivery is complete from this day"),
    Column("covered_until", Date, comment="The delivery is complete up to this day, exclusive"),
    Column("delivery", Text, comment="full: supersedes the feed's earlier ones; delta: supersedes record by record"),
    Column("state", Text, nullable=False, server_default="landed", comment="landed, loading, or a terminal state"),
    Column("code", Text, comment="Why a delivery was refused, held or quarantined"),
    _count("received", "Records in the file, counted independently of the parser"),
    _count("loaded", "Records that are in the timeline"),
    _count("rejected", "Records that break a rule of the contract"),
    _count("duplicate", "Records that repeat one of this file or of an earlier delivery"),
    _count("quarantined", "Records of a delivery that is kept back as a whole"),
    Column("repeats", BigInteger, ForeignKey(f"{LEDGER}.extract.extract_id"), comment="The extract of the same bytes"),
    Column(
        "supersedes",
        BigInteger,
        ForeignKey(f"{LEDGER}.extract.extract_id"),
        comment="The extract that this one replaces as a whole, once it is loaded",
    ),
    Column("contract_version", Integer, comment="Version of the feed's contract that judged the file"),
    Column("measures", JSONB, comment="What was measured of the delivery: numbers, never values"),
    Column("difference", JSONB, comment="Records new, changed, gone and same against the delivery before, at load"),
    Column("verdict", JSONB, comment="What the delivery's expectations found: measures, never values"),
    Column("receipt", JSONB, comment="The receipt as the agency gets it"),
    Column("finished_at", DateTime(timezone=True), comment="When the terminal state was reached"),
    Column("expunged_at", DateTime(timezone=True), comment="When the delivered bytes were erased: retention is over"),
    Column("link_batch", BigInteger, comment="The first link batch that saw the extract's subjects"),
    Column("publication", BigInteger, comment="The first publication that held it; empty before"),
    Column("attempts", Integer, nullable=False, server_default=text("0"), comment="How often work was begun"),
    Column("lease_owner", Text, comment="The process that works on the extract"),
    Column("lease_until", DateTime(timezone=True), comment="After this time another process may take over"),
    Column(
        "fence", Integer, nullable=False, server_default=text("0"), comment="Rises with each lease: stale work fails"
    ),
    CheckConstraint("received = loaded + rejected + duplicate + quarantined", name="conservation"),
    CheckConstraint("least(loaded, rejected, duplicate, quarantined) >= 0", name="no_negative_count"),
    CheckConstraint(_one_of("state", STATES), name="state_known"),
    CheckConstraint(_one_of("delivery", ("full", "delta")), name="delivery_known"),
    CheckConstraint(f"({_one_of('state', TERMINAL_STATES)}) = (finished_at IS NOT NULL)", name="finished"),
    CheckConstraint(
        "state <> 'loaded' OR (as_of IS NOT NULL AND covered_from IS NOT NULL AND covered_until IS NOT NULL"
        " AND delivery IS NOT NULL)",
        name="loaded_is_dated",
    ),
    CheckConstraint("loaded = 0 OR state = 'loaded'", name="only_loaded_counts_loaded"),
    CheckConstraint("state <> 'duplicate' OR (repeats IS NOT NULL AND received = duplicate)", name="duplicate_repeats"),
    CheckConstraint("(state = 'loading') = (lease_until IS NOT NULL)", name="lease"),
    CheckConstraint("sequence >= 0", name="sequence_counts"),
    CheckConstraint("supersedes <> extract_id", name="supersedes_another"),
    UniqueConstraint("agency", "feed", "digest", "arrived_at"),
    Index(
        "uq_extract_content",
        "agency",
        "feed",
        "digest",
        "apart",
        unique=True,
        postgresql_where=text("repeats IS NULL AND state IN ('landed', 'loading', 'loaded')"),
    ),
    Index(
        "uq_extract_text",
        "agency",
        "feed",
        "content_digest",
        "apart",
        unique=True,
        postgresql_where=text("state = 'loaded' AND received > 0"),
    ),
    Index("ix_extract_open", "extract_id", postgresql_where=text(_one_of("state", OPEN_STATES))),
    Index("ix_extract_held", "feed", postgresql_where=text("state = 'held'")),
    Index("ix_extract_order", "feed", "as_of", postgresql_where=text("state = 'loaded'")),
    Index("ix_extract_number", "feed", "sequence", postgresql_where=text("sequence IS NOT NULL")),
    Index("ix_extract_repeats", "repeats", postgresql_where=text("repeats IS NOT NULL")),
    Index("ix_extract_waiting", "extract_id", postgresql_where=text("repeats IS NOT NULL AND state = 'landed'")),
    Index("ix_extract_superseded", "supersedes", postgresql_where=text("supersedes IS NOT NULL")),
    Index("ix_extract_unreceipted", "extract_id", postgresql_where=text("finished_at IS NOT NULL AND receipt IS NULL")),
    Index("ix_extract_unlinked", "extract_id", postgresql_where=text("state = 'loaded' AND link_batch IS NULL")),
    schema=LEDGER,
    comment="The ledger: one row for each file and feed; the truth about where every delivery stands",
)

rejection = Table(
    "rejection",
    metadata,
    Column("extract_id", BigInteger, ForeignKey(extract.c.extract_id), nullable=False, comment="The extract"),
    Column("row_number", Integer, nullable=False, comment="The row as a spreadsheet shows it; the header is row 1"),
    Column("column", Text, comment="The column at fault; empty where the row as a whole is"),
    Column("rule", Text, nullable=False, comment="The rule that the row breaks; never the value"),
    Index("ix_rejection_extract_id", "extract_id"),
    schema=LEDGER,
    comment="One fault of one rejected row",
)

decision = Table(
    "decision",
    metadata,
    Column("decision_id", BigInteger, Identity(always=True), primary_key=True, comment="One decision of a person"),
    Column("extract_id", BigInteger, ForeignKey(extract.c.extract_id), nullable=False, comment="The extract held"),
    Column("decision", Text, nullable=False, comment="accept: it is taken up again; refuse: it ends as refused"),
    Column("code", Text, comment="Why the extract was held"),
    Column("reason", Text, nullable=False, comment="Why it was decided so, in the person's words; kept here only"),
    Column("decided_by", Text, nullable=False, comment="Who decided"),
    Column("decided_at", DateTime(timezone=True), nullable=False, server_default=text("now()"), comment="When"),
    CheckConstraint(_one_of("decision", DECISIONS), name="decision_known"),
    CheckConstraint("reason <> '' AND decided_by <> ''", name="accountable"),
    Index("ix_decision_extract_id", "extract_id"),
    schema=LEDGER,
    comment="What persons decided on deliveries that were held",
)

arrival = Table(
    "arrival",
    metadata,
    Column("agency", Text, primary_key=True, comment="The agency in whose folder the file stands"),
    Column("token", Text, primary_key=True, comment="Keyed hash of the file's place and identity: names identify"),
    Column("owner", Text, nullable=False, comment="The process that takes the file over"),
    Column("lease_until", DateTime(timezone=True), nullable=False, comment="After this time another may take it"),
    Column("fence", Integer, nullable=False, server_default=text("1"), comment="Rises with each lease"),
    Column("finished_at", DateTime(timezone=True), comment="When the file was entered in the ledger"),
    schema=LEDGER,
    comment="Who is taking over which file from an intake folder: one watcher, whatever the number of hosts",
)

link_batch = Table(
    "link_batch",
    metadata,
    Column(
        "batch_id", BigInteger, primary_key=True, autoincrement=False, comment="The batch's id in the vault's journal"
    ),
    Column("model_version", Text, nullable=False, comment="Version of the linkage model"),
    Column("subjects", BigInteger, nullable=False, comment="Number of subjects that the batch stated"),
    Column("key_version", Integer, comment="Version of the project's key that made the participants'"),
    Column("applied_at", DateTime(timezone=True), nullable=False, server_default=text("now()"), comment="When applied"),
    Column("publication", BigInteger, comment="The first publication that held it; empty before"),
    schema=LEDGER,
    comment="Link batches that were applied: each is applied once",
)
