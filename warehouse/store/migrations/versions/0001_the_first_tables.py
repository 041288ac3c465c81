"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for schema in ("timeline", "warehouse"):
        op.execute(sa.schema.CreateSchema(schema))
    op.create_table(
        "extract",
        sa.Column(
            "extract_id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="One file of one feed, delivered",
        ),
        sa.Column(
            "feed", sa.Text(), nullable=False, comment="The feed's name in schemas/feeds; unknown where no feed matches"
        ),
        sa.Column("agency", sa.Text(), nullable=False, comment="The agency that delivered the file"),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="SHA-256 of the delivered bytes, hexadecimal"
        ),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False, comment="Size of the delivered file, bytes"),
        sa.Column(
            "arrived_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="When the file came to stand in the intake",
        ),
        sa.Column("as_of", sa.Date(), nullable=True, comment="The day of which the delivery is the truth"),
        sa.Column("covered_from", sa.Date(), nullable=True, comment="The delivery is complete from this day"),
        sa.Column(
            "covered_until", sa.Date(), nullable=True, comment="The delivery is complete up to this day, exclusive"
        ),
        sa.Column(
            "delivery",
            sa.Text(),
            nullable=True,
            comment="full: supersedes the feed's earlier ones; delta: supersedes record by record",
        ),
        sa.Column(
            "state", sa.Text(), server_default="landed", nullable=False, comment="landed, loading, or a terminal state"
        ),
        sa.Column("code", sa.Text(), nullable=True, comment="Why a delivery was refused, held or quarantined"),
        sa.Column(
            "received",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Records in the file, counted independently of the parser",
        ),
        sa.Column(
            "loaded",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Records that are in the timeline",
        ),
        sa.Column(
            "rejected",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Records that break a rule of the contract",
        ),
        sa.Column(
            "duplicate",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Records that repeat one of this file or of an earlier delivery",
        ),
        sa.Column(
            "quarantined",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Records of a delivery that is kept back as a whole",
        ),
        sa.Column("repeats", sa.BigInteger(), nullable=True, comment="The extract of the same bytes"),
        sa.Column(
            "contract_version",
            sa.Integer(),
            nullable=True,
            comment="Version of the feed's contract that judged the file",
        ),
        sa.Column(
            "verdict",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="What the delivery's expectations found: measures, never values",
        ),
        sa.Column(
            "receipt",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="The receipt as the agency gets it",
        ),
        sa.Column(
            "finished_at", sa.DateTime(timezone=True), nullable=True, comment="When the terminal state was reached"
        ),
        sa.Column(
            "link_batch", sa.BigInteger(), nullable=True, comment="The first link batch that saw the extract's subjects"
        ),
        sa.Column(
            "attempts", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="How often work was begun"
        ),
        sa.Column("lease_owner", sa.Text(), nullable=True, comment="The process that works on the extract"),
        sa.Column(
            "lease_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="After this time another process may take over",
        ),
        sa.Column(
            "fence",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Rises with each lease: stale work fails",
        ),
        sa.CheckConstraint("(state = 'loading') = (lease_until IS NOT NULL)", name=op.f("ck_extract_lease")),
        sa.CheckConstraint(
            "(state IN ('loaded', 'duplicate', 'refused', 'held', 'quarantined')) = (finished_at IS NOT NULL)",
            name=op.f("ck_extract_finished"),
        ),
        sa.CheckConstraint("delivery IN ('full', 'delta')", name=op.f("ck_extract_delivery_known")),
        sa.CheckConstraint("loaded = 0 OR state = 'loaded'", name=op.f("ck_extract_only_loaded_counts_loaded")),
        sa.CheckConstraint(
            "state <> 'duplicate' OR (repeats IS NOT NULL AND received = duplicate)",
            name=op.f("ck_extract_duplicate_repeats"),
        ),
        sa.CheckConstraint(
            "state <> 'loaded' OR (as_of IS NOT NULL AND covered_from IS NOT NULL AND covered_until IS NOT NULL"
            " AND delivery IS NOT NULL)",
            name=op.f("ck_extract_loaded_is_dated"),
        ),
        sa.CheckConstraint(
            "state IN ('landed', 'loading', 'loaded', 'duplicate', 'refused', 'held', 'quarantined')",
            name=op.f("ck_extract_state_known"),
        ),
        sa.CheckConstraint(
            "least(loaded, rejected, duplicate, quarantined) >= 0", name=op.f("ck_extract_no_negative_count")
        ),
        sa.CheckConstraint(
            "received = loaded + rejected + duplicate + quarantined", name=op.f("ck_extract_conservation")
        ),
        sa.ForeignKeyConstraint(["repeats"], ["ledger.extract.extract_id"], name=op.f("fk_extract_repeats")),
        sa.PrimaryKeyConstraint("extract_id", name=op.f("pk_extract")),
        sa.UniqueConstraint(
            "agency", "feed", "digest", "arrived_at", name=op.f("uq_extract_agency_feed_digest_arrived_at")
        ),
        schema="ledger",
        comment="The ledger: one row for each file and feed; the truth about where every delivery stands",
    )
    op.create_index(
        "ix_extract_open",
        "extract",
        ["extract_id"],
        unique=False,
        schema="ledger",
        postgresql_where=sa.text("state IN ('landed', 'loading')"),
    )
    op.create_index(
        "uq_extract_content",
        "extract",
        ["agency", "feed", "digest"],
        unique=True,
        schema="ledger",
        postgresql_where=sa.text("repeats IS NULL AND state IN ('landed', 'loading', 'loaded')"),
    )
    op.create_table(
        "link_batch",
        sa.Column(
            "batch_id",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="The batch's id in the vault's journal",
        ),
        sa.Column("model_version", sa.Text(), nullable=False, comment="Version of the linkage model"),
        sa.Column("subjects", sa.BigInteger(), nullable=False, comment="Number of subjects that the batch stated"),
        sa.Column(
            "applied_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When applied",
        ),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_link_batch")),
        schema="ledger",
        comment="Link batches that were applied: each is applied once",
    )
    op.create_table(
        "event",
        sa.Column("extract_id", sa.BigInteger(), nullable=False, comment="The extract that brought the event"),
        sa.Column("row_number", sa.Integer(), nullable=False, comment="Its row there, as a spreadsheet shows it"),
        sa.Column(
            "moment", sa.SmallInteger(), nullable=False, comment="Which mapping of the feed's timeline made it, from 0"
        ),
        sa.Column("source_key", sa.BigInteger(), nullable=False, comment="Keyed hash of the agency's own record key"),
        sa.Column(
            "subject_id",
            sa.BigInteger(),
            nullable=True,
            comment="The agency's own person, as a random surrogate; link has the participant",
        ),
        sa.Column(
            "record_id",
            sa.BigInteger(),
            nullable=True,
            comment="The record it belongs to (case, enrolment), as a random surrogate",
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="Kind, see schemas/codes.py"),
        sa.Column("event_date", sa.Date(), nullable=False, comment="The day it happened"),
        sa.Column("code", sa.Text(), nullable=True, comment="The code of the kind's vocabulary"),
        sa.Column("code_raw", sa.Text(), nullable=True, comment="The agency's own text of the code"),
        sa.Column("number", sa.Double(), nullable=True, comment="The kind's number: minutes, score, days"),
        sa.Column("text", sa.Text(), nullable=True, comment="The kind's second code or text"),
        sa.Column("text_raw", sa.Text(), nullable=True, comment="The agency's own text, where the text is a code"),
        sa.Column(
            "detail",
            postgresql.JSON(astext_type=sa.Text()),
            nullable=True,
            comment="Further columns by their names in the typed view; <name>_raw beside codes",
        ),
        schema="timeline",
        comment="What happened on a day, one row per extract that told it; append-only",
    )
    op.create_index(
        "ix_event_extract_id", "event", ["extract_id"], unique=False, schema="timeline", postgresql_using="brin"
    )
    op.create_table(
        "record_version",
        sa.Column("extract_id", sa.BigInteger(), nullable=False, comment="The extract of a delta feed"),
        sa.Column(
            "source_key",
            sa.BigInteger(),
            nullable=False,
            comment="The record it states anew, even one that leaves no moment",
        ),
        schema="timeline",
        comment="Which delta delivery states which record: the later delivery replaces the earlier record",
    )
    op.create_index(
        "ix_record_version_extract_id",
        "record_version",
        ["extract_id"],
        unique=False,
        schema="timeline",
        postgresql_using="brin",
    )
    op.create_table(
        "span",
        sa.Column("extract_id", sa.BigInteger(), nullable=False, comment="The extract that brought the span"),
        sa.Column("row_number", sa.Integer(), nullable=False, comment="Its row there, as a spreadsheet shows it"),
        sa.Column(
            "moment", sa.SmallInteger(), nullable=False, comment="Which mapping of the feed's timeline made it, from 0"
        ),
        sa.Column("source_key", sa.BigInteger(), nullable=False, comment="Keyed hash of the agency's own record key"),
        sa.Column(
            "subject_id",
            sa.BigInteger(),
            nullable=True,
            comment="The agency's own person, as a random surrogate; link has the participant",
        ),
        sa.Column(
            "record_id",
            sa.BigInteger(),
            nullable=True,
            comment="The record it belongs to (case, enrolment), as a random surrogate",
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="Kind, see schemas/codes.py"),
        sa.Column("start_date", sa.Date(), nullable=False, comment="The first day"),
        sa.Column("end_date", sa.Date(), nullable=True, comment="The first day after; empty while open"),
        sa.Column("code", sa.Text(), nullable=True, comment="The code of the kind's vocabulary"),
        sa.Column("code_raw", sa.Text(), nullable=True, comment="The agency's own text of the code"),
        sa.Column("number", sa.Double(), nullable=True, comment="The kind's number: minutes, score, days"),
        sa.Column("text", sa.Text(), nullable=True, comment="The kind's second code or text"),
        sa.Column("text_raw", sa.Text(), nullable=True, comment="The agency's own text, where the text is a code"),
        sa.Column(
            "detail",
            postgresql.JSON(astext_type=sa.Text()),
            nullable=True,
            comment="Further columns by their names in the typed view; <name>_raw beside codes",
        ),
        schema="timeline",
        comment="What lasted from a day to a day, one row per extract that told it; append-only",
    )
    op.create_index(
        "ix_span_extract_id", "span", ["extract_id"], unique=False, schema="timeline", postgresql_using="brin"
    )
    op.create_table(
        "dictionary",
        sa.Column("table_name", sa.Text(), nullable=False, comment="Table or view"),
        sa.Column("column_name", sa.Text(), nullable=True, comment="Column; empty where the row describes the table"),
        sa.Column("type", sa.Text(), nullable=True, comment="SQL type"),
        sa.Column("unit", sa.Text(), nullable=True, comment="Unit of a number"),
        sa.Column("codes", sa.Text(), nullable=True, comment="The codes and what they mean"),
        sa.Column("meaning", sa.Text(), nullable=False, comment="What it says"),
        sa.Column(
            "source", sa.Text(), nullable=True, comment="Where it comes from: feeds, standard, or the definition"
        ),
        schema="warehouse",
        comment="Every table, column, unit, code and source; refreshed at publication",
    )
    op.create_table(
        "outcome",
        sa.Column("participant_key", sa.Uuid(), nullable=False, comment="The participant"),
        sa.Column("index_kind", sa.Text(), nullable=False, comment="Kind of the index moment"),
        sa.Column("index_date", sa.Date(), nullable=False, comment="Day of the index moment: time zero"),
        sa.Column("index_agency", sa.Text(), nullable=False, comment="Agency that told the index moment"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="Which outcome"),
        sa.Column("window_months", sa.Integer(), nullable=False, comment="Length of the window, calendar months"),
        sa.Column("value", sa.Text(), nullable=False, comment="event, no_event, not_observable or competing"),
        sa.Column(
            "days",
            sa.Integer(),
            nullable=True,
            comment="Days from index to the leading date, else to the end of observation",
        ),
        sa.Column("event_date", sa.Date(), nullable=True, comment="Day of the outcome itself"),
        sa.Column("leading_date", sa.Date(), nullable=True, comment="Day of the first event that led to the outcome"),
        sa.Column(
            "same_day",
            sa.Boolean(),
            nullable=False,
            comment="A leading event falls on the index day: flagged, not counted",
        ),
        sa.Column("competing", sa.Text(), nullable=True, comment="Which competing event came first"),
        sa.Column("age_band", sa.Text(), nullable=True, comment="Age band at the index"),
        sa.Column(
            "prior_filings",
            sa.Text(),
            nullable=True,
            comment="Filings before the index; not_observable outside coverage",
        ),
        schema="warehouse",
        comment="Participant × index × outcome × window, three-valued; refreshed at publication",
    )
    op.create_index("ix_outcome_participant_key", "outcome", ["participant_key"], unique=False, schema="warehouse")
    op.create_table(
        "outcome_rate",
        sa.Column("index_kind", sa.Text(), nullable=False, comment="Kind of the index moment"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="Which outcome"),
        sa.Column("window_months", sa.Integer(), nullable=False, comment="Length of the window, calendar months"),
        sa.Column("stratum_kind", sa.Text(), nullable=False, comment="overall, age_band or prior_filings"),
        sa.Column("stratum", sa.Text(), nullable=False, comment="Which stratum"),
        sa.Column("n", sa.BigInteger(), nullable=False, comment="Index moments"),
        sa.Column(
            "observable",
            sa.BigInteger(),
            nullable=False,
            comment="Those whose window and maturation lag lie in coverage",
        ),
        sa.Column("events", sa.BigInteger(), nullable=False, comment="Events among the observable"),
        sa.Column("competing", sa.BigInteger(), nullable=False, comment="Competing events among the observable"),
        sa.Column("rate", sa.Double(), nullable=True, comment="events / observable"),
        sa.Column("low", sa.Double(), nullable=True, comment="Lower limit of the rate's 95 % interval"),
        sa.Column("high", sa.Double(), nullable=True, comment="Upper limit of the rate's 95 % interval"),
        sa.Column("estimator", sa.Text(), nullable=False, comment="aalen_johansen or kaplan_meier"),
        sa.Column(
            "cumulative_incidence",
            sa.Double(),
            nullable=True,
            comment="Cumulative incidence at the window's end, all index moments",
        ),
        sa.Column("ci_low", sa.Double(), nullable=True, comment="Lower limit of its 95 % interval"),
        sa.Column("ci_high", sa.Double(), nullable=True, comment="Upper limit of its 95 % interval"),
        schema="warehouse",
        comment="Rates and cumulative incidences by stratum known at the index; refreshed at publication",
    )
    op.create_table(
        "rejection",
        sa.Column("extract_id", sa.BigInteger(), nullable=False, comment="The extract"),
        sa.Column(
            "row_number", sa.Integer(), nullable=False, comment="The row as a spreadsheet shows it; the header is row 1"
        ),
        sa.Column("column", sa.Text(), nullable=True, comment="The column at fault; empty where the row as a whole is"),
        sa.Column("rule", sa.Text(), nullable=False, comment="The rule that the row breaks; never the value"),
        sa.ForeignKeyConstraint(["extract_id"], ["ledger.extract.extract_id"], name=op.f("fk_rejection_extract_id")),
        schema="ledger",
        comment="One fault of one rejected row",
    )
    op.create_index("ix_rejection_extract_id", "rejection", ["extract_id"], unique=False, schema="ledger")
    op.create_table(
        "link",
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="An agency's own person"),
        sa.Column(
            "participant_key",
            sa.Uuid(),
            nullable=True,
            comment="The participant; empty where the status assigns nobody",
        ),
        sa.Column("status", sa.Text(), nullable=False, comment="See SUBJECT_STATUSES in schemas/codes.py"),
        sa.Column(
            "probability", sa.Double(), nullable=True, comment="Probability of the weakest link that holds the subject"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=False, comment="The batch that stated it"),
        sa.ForeignKeyConstraint(["batch_id"], ["ledger.link_batch.batch_id"], name=op.f("fk_link_batch_id")),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_link")),
        schema="timeline",
        comment="Which participant an agency's subject is, as of now",
    )
    op.create_index("ix_link_participant_key", "link", ["participant_key"], unique=False, schema="timeline")


def downgrade() -> None:
    op.execute("DROP SCHEMA warehouse, timeline CASCADE")
    for table in ("rejection", "link_batch", "extract"):
        op.drop_table(table, schema="ledger")
