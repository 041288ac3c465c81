"""Full relinks on Spark, for what outgrows one machine: the same model, blocks and rules, Splink's other backend.

Identifiers go from this process into the memory of Spark and nowhere else: no file is written for it, what Spark
itself spills or shuffles is encrypted under a key that dies with the session, in a folder that is erased with it.
"""

import logging
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from identity import worth
from identity.average import UNIT
from identity.blocks import FULL
from identity.boundary import sealed
from identity.compare import PAIRS, SCORED, ruled, settings
from identity.model import Model
from identity.regroup import KEPT
from identity.rehearsal import Scorer
from schemas.errors import SettingsError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ENCRYPTED: Final = {
    "spark.io.encryption.enabled": "true",
    "spark.authenticate": "true",
    "spark.network.crypto.enabled": "true",
}
"""Without these Spark writes shuffles, spills and what Python hands it in clear, and sends them so."""

_QUIET: Final = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.eventLog.enabled": "false",
    "spark.log.level": "OFF",
    "spark.sql.catalogImplementation": "in-memory",
}
"""Neither pages nor logs of Spark show what it works on."""

_FUNCTIONS: Final = (
    (re.compile(r"\blen\(list_intersect\("), "size(array_intersect("),
    (re.compile(r"\blist_has_any\("), "arrays_overlap("),
    (re.compile(r"\bjaro_winkler_similarity\("), "jaro_winkler("),
    (re.compile(r"\blen\("), "length("),
    (re.compile(r"\b(\w+)\[(\d+):(\d+)\]"), lambda m: f"substring({m[1]}, {m[2]}, {int(m[3]) - int(m[2]) + 1})"),
    (re.compile(r"\b(\w+)\[(\d+)\]"), r"substring(\1, \2, 1)"),
)
"""DuckDB's SQL of the model's conditions in Spark's words."""

_PAIRS: Final = """
WITH usable AS (
    SELECT keys.* FROM keys LEFT SEMI JOIN (
        SELECT block_key FROM keys GROUP BY block_key HAVING count(*) BETWEEN 2 AND {full}
    ) AS filled ON keys.block_key = filled.block_key
)
SELECT 0 AS match_key, one.identity_id AS join_key_l, other.identity_id AS join_key_r
FROM usable AS one JOIN usable AS other ON one.block_key = other.block_key AND one.identity_id < other.identity_id
UNION
SELECT 0, left_id, right_id FROM wanted
"""

_MATTERING: Final = """
SELECT identity_id_l AS left_id, identity_id_r AS right_id, match_weight, {gammas}
FROM {predicted} AS p LEFT JOIN wanted AS w ON p.identity_id_l = w.left_id AND p.identity_id_r = w.right_id
WHERE match_weight >= {least} OR w.left_id IS NOT NULL
"""


def scorer(master: str, more: Mapping[str, str] | None = None) -> Scorer:
    """A `rehearsal.Scorer` on the Spark at ``master`` (``local[2]``, ``spark://host:7077``, ``yarn``).

    ``more``: settings of Spark, which go before what else holds.
    """
    return partial(_scored, master, more)


@sealed
def _scored(
    master: str,
    more: Mapping[str, str] | None,
    standard: pl.DataFrame,
    keys: pl.DataFrame,
    wanted: pl.DataFrame,
    model: Model,
) -> pl.DataFrame:
    wanted = pl.concat([wanted, worth.sharing(standard)]).unique()
    with session(master, more) as spark:
        found = _predicted(spark, standard, keys, wanted, model)
    weight = (pl.col("match_weight") / UNIT).round() * UNIT
    scored = worth.settle(ruled(found.with_columns(weight), model).cast(SCORED), standard)
    little = scored.filter(pl.col("weight") < KEPT).join(wanted, on=list(PAIRS), how="semi")
    return pl.concat([scored.filter(pl.col("weight") >= KEPT), little])


@contextmanager
def session(master: str, more: Mapping[str, str] | None = None) -> Iterator["SparkSession"]:
    """A session that encrypts whatever it writes or sends; its folder is gone afterwards.

    `SettingsError` where pyspark is not installed, or where another session is open that does not encrypt.
    """
    try:
        from pyspark.sql import SparkSession
        from splink.internals.spark.jar_location import similarity_jar_location
    except ImportError:
        missing = True
    else:
        missing = False
    if missing:
        raise SettingsError("Spark is not installed: pip install -e .[spark], and Java 17")
    folder = tempfile.mkdtemp(prefix="tc-spark-")
    own = {"spark.local.dir": folder, "spark.sql.warehouse.dir": folder, "spark.jars": similarity_jar_location()}
    options = ENCRYPTED | _QUIET | own | (_local(folder) if master.startswith("local") else {}) | dict(more or {})
    with _silence():
        try:
            spark = SparkSession.builder.master(master).appName("throughcare relink").config(map=options).getOrCreate()
            try:
                _demand_encryption(spark)
                yield spark
            finally:
                spark.stop()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _silence() -> Iterator[None]:
    """Let nothing of what the JVM says get out: its errors quote queries and values."""
    logger = logging.getLogger("SQLQueryContextLogger")
    before = logger.disabled
    logger.disabled = True
    try:
        with warnings.catch_warnings():
            # Nothing of pandas is used: tables come and go as Arrow.
            warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
            yield
    finally:
        logger.disabled = before


def spark_sql(condition: str) -> str:
    """A condition of the model, written for DuckDB, for Spark."""
    for pattern, replacement in _FUNCTIONS:
        condition = pattern.sub(replacement, condition)
    return condition


def spark_settings(model: Model) -> dict[str, Any]:
    """The model as Splink's settings for Spark."""
    found = settings(model) | {"sql_dialect": "spark"}
    for comparison in found["comparisons"]:
        for level in comparison["comparison_levels"]:
            level["sql_condition"] = spark_sql(level["sql_condition"])
    return found


def _predicted(
    spark: "SparkSession", standard: pl.DataFrame, keys: pl.DataFrame, wanted: pl.DataFrame, model: Model
) -> pl.DataFrame:
    """Splink's prediction, as `compare.compare` gives it, of the pairs that matter."""
    from splink import Linker, SparkAPI

    api = SparkAPI(spark_session=spark, break_lineage_method="persist")
    for name, table in (("keys", keys), ("wanted", wanted)):
        spark.createDataFrame(table.to_arrow()).createOrReplaceTempView(name)
    records = api.register(spark.createDataFrame(standard.to_arrow()).persist(), table_name="records")
    blocked = api.register(spark.sql(_PAIRS.format(full=FULL)).persist(), table_name="blocked")
    linker = Linker(records, spark_settings(model), log_level="ERROR", validate_settings=False)
    for name, known in _frequencies(standard, model).items():
        lookup = api.register(spark.createDataFrame(known.to_arrow()).persist(), table_name=f"frequency_{name}")
        linker.table_management.register_term_frequency_lookup(lookup, name)
    linker.table_management.register_blocked_pairs_for_predict(blocked)
    predicted = linker.inference.predict(warning_mode="never")
    gammas = ", ".join(f"gamma_{name}" for name in model.comparisons)
    query = _MATTERING.format(gammas=gammas, predicted=predicted.physical_name, least=KEPT - UNIT)
    return pl.DataFrame(spark.sql(query).toArrow())


def _frequencies(standard: pl.DataFrame, model: Model) -> dict[str, pl.DataFrame]:
    """The model's frequencies of the values that occur, as tables: Spark does not take them as columns of records."""
    names = {level.frequency for levels in model.comparisons.values() for level in levels.values() if level.frequency}
    known = model.frequencies(standard)
    return {name: known.select(name, f"tf_{name}").drop_nulls().unique(name) for name in sorted(names)}


def _local(folder: str) -> dict[str, str]:
    """One machine: half of its free memory, the other half is for the records in this process; few partitions."""
    import psutil

    memory = max(1, psutil.virtual_memory().available // 2**31)
    return {
        "spark.driver.memory": f"{memory}g",
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={folder}",
        "spark.sql.shuffle.partitions": "8",
    }


def _demand_encryption(spark: "SparkSession") -> None:
    conf = spark.sparkContext.getConf()
    if any(conf.get(name) != value for name, value in ENCRYPTED.items()):
        raise SettingsError("a Spark session is open that does not encrypt what it writes: end it first")
