"""The tables of the warehouse, in three schemas.

``ledger``: what happened to each delivered file, and other internals. ``timeline``: rows as they were
loaded, append-only, keyed by the agency's own (pseudonymised) subject. ``warehouse``: what analysts read:
tables here, and the views of `warehouse.store.views` over the other two.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON

from warehouse.store.ledger_tables import (
    OPEN_STATES,
    TERMINAL_STATES,
    arrival,
    decision,
    extract,
    link_batch,
    rejection,
)
from warehouse.store.link_tables import link, link_history, link_quality, link_strict, supersession
from warehouse.store.metadata import LEDGER, SCHEMAS, TIMELINE, WAREHOUSE, metadata
from warehouse.store.publication_tables import feed_term, publication

__all__ = [
    "LEDGER",
    "OPEN_STATES",
    "SCHEMAS",
    "TERMINAL_STATES",
    "TIMELINE",
    "WAREHOUSE",
    "arrival",
    "decision",
    "dictionary",
    "event",
    "extract",
    "feed_term",
    "link",
    "link_batch",
    "link_history",
    "link_quality",
    "link_strict",
    "metadata",
    "outcome",
    "outcome_rate",
    "outcome_sensitivity",
    "publication",
    "record_block",
    "rejection",
    "span",
    "supersession",
]


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


def _counts_and_rate() -> list[Column[Any]]:
    """What is counted of a group of index moments, and the share of events."""
    return [
        Column("n", BigInteger, nullable=False, comment="Index moments"),
        Column(
            "observable", BigInteger, nullable=False, comment="Those whose window and maturation lag lie in coverage"
        ),
        Column("events", BigInteger, nullable=False, comment="Events among the observable"),
        Column("competing", BigInteger, nullable=False, comment="Competing events among the observable"),
        Column("rate", Double, comment="events / observable"),
        Column("low", Double, comment="Lower limit of the rate's 95 % interval"),
        Column("high", Double, comment="Upper limit of the rate's 95 % interval"),
    ]


def _incidence() -> list[Column[Any]]:
    """The cumulative incidence of such a group."""
    return [
        Column("cumulative_incidence", Double, comment="Cumulative incidence at the window's end, all index moments"),
        Column("ci_low", Double, comment="Lower limit of its 95 % interval"),
        Column("ci_high", Double, comment="Upper limit of its 95 % interval"),
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

record_block = Table(
    "record_block",
    metadata,
    Column("extract_id", BigInteger, nullable=False, comment="The extract"),
    Column("source_keys", ARRAY(BigInteger), nullable=False, comment="The records it states: hashes of their keys"),
    Column("versions", ARRAY(BigInteger), comment="Keyed hash of all that the row of each record says, in that order"),
    Column("deleted", Boolean, nullable=False, server_default=text("false"), comment="It says that they were deleted"),
    CheckConstraint("cardinality(versions) = cardinality(source_keys)", name="version_each"),
    Index("ix_record_block_extract_id", "extract_id"),
    schema=TIMELINE,
    comment="Which delivery states which records, thousands a row: as rows they would take five times as long to load",
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
    *_counts_and_rate(),
    Column("estimator", Text, nullable=False, comment="aalen_johansen or kaplan_meier"),
    *_incidence(),
    schema=WAREHOUSE,
    comment="Rates and cumulative incidences by stratum known at the index; refreshed at publication",
)

outcome_sensitivity = Table(
    "outcome_sensitivity",
    metadata,
    Column("threshold", Double, nullable=False, comment="Probability of a link at which participants are held apart"),
    Column("outcome", Text, nullable=False, comment="Which outcome"),
    Column("window_months", Integer, nullable=False, comment="Length of the window, calendar months"),
    *_counts_and_rate(),
    *_incidence(),
    schema=WAREHOUSE,
    comment="Everybody's outcomes, counted anew for the participants of each threshold; refreshed at publication",
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
