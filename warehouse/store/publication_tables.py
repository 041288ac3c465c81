"""The tables of publications: which there were, and which terms of the contracts each of them went by."""

from typing import Final

from sqlalchemy import BigInteger, Column, Date, DateTime, Index, Integer, Sequence, Table, Text

from warehouse.store.metadata import LEDGER, metadata

NUMBERS: Final = Sequence("publication_number", schema=LEDGER, metadata=metadata)
"""Numbers of publications, in the order in which they began to read; that of a failed one is not used again."""

publication = Table(
    "publication",
    metadata,
    Column("publication", BigInteger, primary_key=True, autoincrement=False, comment="Number of the publication"),
    Column("project", Text, nullable=False, comment="The project it was made for"),
    Column("version", Text, nullable=False, comment="Its version, as its manifest and its snapshot say it"),
    Column("published_at", DateTime(timezone=True), nullable=False, comment="When it was made, UTC"),
    Column("told_until", Date, comment="The latest as-of day of the deliveries it held; empty where it held none"),
    Column("model_version", Text, comment="Version of the linkage model of the last batch it held"),
    Column("key_version", Integer, comment="Version of the project's key that made the participants'"),
    Column("definition", Text, nullable=False, comment="Hash of the definitions of its outcomes"),
    schema=LEDGER,
    comment="Every publication that was made; append-only",
)

feed_term = Table(
    "feed_term",
    metadata,
    Column("feed", Text, nullable=False, comment="The feed's name in schemas/feeds"),
    Column("contract_version", Integer, nullable=False, comment="Version of the feed's contract"),
    Column("kind", Text, nullable=False, comment="Kind of fact that the feed tells; <kind>_end ends a span"),
    Column("lag_days", Integer, nullable=False, comment="Longest time that a fact takes to reach the source"),
    Column("publication", BigInteger, nullable=False, comment="The first publication that went by it"),
    Column("replaced", BigInteger, comment="The first publication that no longer did; empty while it holds"),
    Index("ix_feed_term_feed", "feed"),
    schema=LEDGER,
    comment="What the contracts of the feeds said, publication by publication, of what a delivery is complete for",
)
