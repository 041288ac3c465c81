"""The tables of the warehouse, in three schemas.

``ledger``: what happened to each delivered file, and other internals. ``timeline``: rows as they were
loaded, append-only, keyed by the agency's own (pseudonymised) subject. ``warehouse``: what analysts read:
tables here, and the views of `warehouse.store.views` over the other two.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB

LEDGER: Final = "ledger"
TIMELINE: Final = "timeline"
WAREHOUSE: Final = "warehouse"
SCHEMAS: Final = (LEDGER, TIMELINE, WAREHOUSE)

OPEN_STATES: Final = ("landed", "loading")
TERMINAL_STATES: Final = ("loaded", "duplicate", "refused", "held", "quarantined")
STATES: Final = (*OPEN_STATES, *TERMINAL_STATES)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


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
    Column("contract_version", Integer, comment="Version of the feed's contract that judged the file"),
    Column("verdict", JSONB, comment="What the delivery's expectations found: measures, never values"),
    Column("receipt", JSONB, comment="The receipt as the agency gets it"),
    Column("finished_at", DateTime(timezone=True), comment="When the terminal state was reached"),
    Column("link_batch", BigInteger, comment="The first link batch that saw the extract's subjects"),
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
    UniqueConstraint("agency", "feed", "digest", "arrived_at"),
    Index(
        "uq_extract_content",
        "agency",
        "feed",
        "digest",
        unique=True,
        postgresql_where=text("repeats IS NULL AND state IN ('landed', 'loading', 'loaded')"),
    ),
    Index("ix_extract_open", "extract_id", postgresql_where=text(_one_of("state", OPEN_STATES))),
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

link_batch = Table(
    "link_batch",
    metadata,
    Column(
        "batch_id", BigInteger, primary_key=True, autoincrement=False, comment="The batch's id in the vault's journal"
    ),
    Column("model_version", Text, nullable=False, comment="Version of the linkage model"),
    Column("subjects", BigInteger, nullable=False, comment="Number of subjects that the batch stated"),
    Column("applied_at", DateTime(timezone=True), nullable=False, server_default=text("now()"), comment="When applied"),
    schema=LEDGER,
    comment="Link batches that were applied: each is applied once",
)


def _moment_columns(what: str) -> list[Column[Any]]:
    """The columns that events and spans share; ``what`` names them in the comments."""
    return [
        Column("extract_id", BigInteger, nullable=False, comment=f"The extract that brought the {what}"),
        Column("row_number", Integer, nullable=False, comment="Its row there, as a spreadsheet shows it"),
        Column("moment", SmallInteger, nullable=False, comment="Which mapping of the feed's timeline made it, from 0"),
        Column("source_key", BigInteger, nullable=False, comment="Keyed hash of the agency's own record key"),
        Column(
            "subject_id", BigInteger, comment="The agency's own person, as a random surrogate; link has the participant"
        ),
        Column("record_id", BigInteger, comment="The record it belongs to (case, enrolment), as a random surrogate"),
        Column("kind", Text, nullable=False, comment="Kind, see schemas/codes.py"),
    ]


def _content_columns() -> list[Column[Any]]:
    """What an event or span says. ``detail`` is json, not jsonb: a million rows load 2 s faster."""
    return [
        Column("code", Text, comment="The code of the kind's vocabulary"),
        Column("code_raw", Text, comment="The agency's own text of the code"),
        Column("number", Double, comment="The kind's number: minutes, score, days"),
        Column("text", Text, comment="The kind's second code or text"),
        Column("text_raw", Text, comment="The agency's own text, where the text is a code"),
        Column("detail", JSON, comment="Further columns by their names in the typed view; <name>_raw beside codes"),
    ]


event = Table(
    "event",
    metadata,
    *_moment_columns("event"),
    Column("event_date", Date, nullable=False, comment="The day it happened"),
    *_content_columns(),
    Index("ix_event_extract_id", "extract_id", postgresql_using="brin"),
    schema=TIMELINE,
    comment="What happened on a day, one row per extract that told it; append-only",
)

span = Table(
    "span",
    metadata,
    *_moment_columns("span"),
    Column("start_date", Date, nullable=False, comment="The first day"),
    Column("end_date", Date, comment="The first day after; empty while open"),
    *_content_columns(),
    Index("ix_span_extract_id", "extract_id", postgresql_using="brin"),
    schema=TIMELINE,
    comment="What lasted from a day to a day, one row per extract that told it; append-only",
)

record_version = Table(
    "record_version",
    metadata,
    Column("extract_id", BigInteger, nullable=False, comment="The extract of a delta feed"),
    Column(
        "source_key", BigInteger, nullable=False, comment="The record it states anew, even one that leaves no moment"
    ),
    Index("ix_record_version_extract_id", "extract_id", postgresql_using="brin"),
    schema=TIMELINE,
    comment="Which delta delivery states which record: the later delivery replaces the earlier record",
)

link = Table(
    "link",
    metadata,
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False, comment="An agency's own person"),
    Column("participant_key", Uuid, comment="The participant; empty where the status assigns nobody"),
    Column("status", Text, nullable=False, comment="See SUBJECT_STATUSES in schemas/codes.py"),
    Column("probability", Double, comment="Probability of the weakest link that holds the subject"),
    Column(
        "batch_id", BigInteger, ForeignKey(link_batch.c.batch_id), nullable=False, comment="The batch that stated it"
    ),
    Index("ix_link_participant_key", "participant_key"),
    schema=TIMELINE,
    comment="Which participant an agency's subject is, as of now",
)

outcome = Table(
    "outcome",
    metadata,
    Column("participant_key", Uuid, nullable=False, comment="The participant"),
    Column("index_kind", Text, nullable=False, comment="Kind of the index moment"),
    Column("index_date", Date, nullable=False, comment="Day of the index moment: time zero"),
    Column("index_agency", Text, nullable=False, comment="Agency that told the index moment"),
    Column("outcome", Text, nullable=False, comment="Which outcome"),
    Column("window_months", Integer, nullable=False, comment="Length of the window, calendar months"),
    Column("value", Text, nullable=False, comment="event, no_event, not_observable or competing"),
    Column("days", Integer, comment="Days from index to the leading date, else to the end of observation"),
    Column("event_date", Date, comment="Day of the outcome itself"),
    Column("leading_date", Date, comment="Day of the first event that led to the outcome"),
    Column("same_day", Boolean, nullable=False, comment="A leading event falls on the index day: flagged, not counted"),
    Column("competing", Text, comment="Which competing event came first"),
    Column("age_band", Text, comment="Age band at the index"),
    Column("prior_filings", Text, comment="Filings before the index; not_observable outside coverage"),
    Index("ix_outcome_participant_key", "participant_key"),
    schema=WAREHOUSE,
    comment="Participant × index × outcome × window, three-valued; refreshed at publication",
)

outcome_rate = Table(
    "outcome_rate",
    metadata,
    Column("index_kind", Text, nullable=False, comment="Kind of the index moment"),
    Column("outcome", Text, nullable=False, comment="Which outcome"),
    Column("window_months", Integer, nullable=False, comment="Length of the window, calendar months"),
    Column("stratum_kind", Text, nullable=False, comment="overall, age_band or prior_filings"),
    Column("stratum", Text, nullable=False, comment="Which stratum"),
    Column("n", BigInteger, nullable=False, comment="Index moments"),
    Column("observable", BigInteger, nullable=False, comment="Those whose window and maturation lag lie in coverage"),
    Column("events", BigInteger, nullable=False, comment="Events among the observable"),
    Column("competing", BigInteger, nullable=False, comment="Competing events among the observable"),
    Column("rate", Double, comment="events / observable"),
    Column("low", Double, comment="Lower limit of the rate's 95 % interval"),
    Column("high", Double, comment="Upper limit of the rate's 95 % interval"),
    Column("estimator", Text, nullable=False, comment="aalen_johansen or kaplan_meier"),
    Column("cumulative_incidence", Double, comment="Cumulative incidence at the window's end, all index moments"),
    Column("ci_low", Double, comment="Lower limit of its 95 % interval"),
    Column("ci_high", Double, comment="Upper limit of its 95 % interval"),
    schema=WAREHOUSE,
    comment="Rates and cumulative incidences by stratum known at the index; refreshed at publication",
)

dictionary = Table(
    "dictionary",
    metadata,
    Column("table_name", Text, nullable=False, comment="Table or view"),
    Column("column_name", Text, comment="Column; empty where the row describes the table"),
    Column("type", Text, comment="SQL type"),
    Column("unit", Text, comment="Unit of a number"),
    Column("codes", Text, comment="The codes and what they mean"),
    Column("meaning", Text, nullable=False, comment="What it says"),
    Column("source", Text, comment="Where it comes from: feeds, standard, or the definition"),
    schema=WAREHOUSE,
    comment="Every table, column, unit, code and source; refreshed at publication",
)
