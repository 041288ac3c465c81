"""A study's steps on Spark, over the same Parquet files: for a jurisdiction that outgrows one machine."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from warehouse.study.compile import Step

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def make(session: "SparkSession", steps: Iterable[Step]) -> None:
    """Make each step a temporary view of the session, worked out once: a plan of all steps together never ends.

    The session must have views ``event``, ``span``, ``participant`` and ``coverage``, read from the snapshot's files.
    """
    for step in steps:
        session.sql(step.sql("spark")).localCheckpoint().createOrReplaceTempView(step.name)
