"""How long a full relink and increments take, out of an encrypted vault: ``python -m bench.linkage_scale``.

``--records N`` records of a synthetic population are split into a fresh vault and linked in one batch; then deltas of
``--increments`` rows are added one after the other, each in a process that knows nothing of the one before. Times are
those of `identity.link.link`: decrypt, standardise, compare, cluster, persons and their keys, all of it stored. The
server's start, the split and imports are not in them. Splink's own training, prediction and components on the same
records, already in memory and in standard form, stand beside with ``--splink``.
"""

import argparse
import datetime as dt
import json
import secrets
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import polars as pl
from rich.console import Console
from rich.table import Table

from bench.linkage.people import population
from bench.memory import measured
from connectors.postgres import EmbeddedServer
from identity.keys import ProjectKey, VaultKeys
from identity.link import link
from identity.split import split
from identity.vault import Vault
from schemas.codes import Identifier
from schemas.contract import Column, Date, Delimited, Event, Feed, FileDate, Full, Identify, Keep, Key, Text, UpTo

IDENTIFIERS: Final[tuple[Identifier, ...]] = (
    "given_name", "middle_name", "surname", "suffix", "alias", "birth_date", "sex", "ssn_last4", "state_id", "address",
    "zip", "phone", "email",
)  # fmt: skip
BASE_SEED: Final = 20261


def main() -> None:
    """Measure and print; with ``--json`` one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.linkage_scale")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--increments", default="1000,1000,10000", help="rows of each delta, comma-separated")
    parser.add_argument("--splink", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(_step(Path(options.step[0]), int(options.step[1]))))
        return
    rows = measure(options.records, [int(size) for size in options.increments.split(",") if size])
    if options.splink:
        rows.append({"step": "Splink: train, predict, components", "seconds": _splink(options.records)})
    if options.json:
        print(json.dumps({"records": options.records, "steps": rows}))
    else:
        Console().print(_table(options.records, rows))


def measure(records: int, increments: list[int]) -> list[dict[str, Any]]:
    """A row for the first batch and for each increment: seconds, peak memory in MB, subjects stated."""
    with tempfile.TemporaryDirectory(prefix="tc") as folder:
        home = Path(folder)
        (home / "key").write_bytes(secrets.token_bytes(32))
        rows = []
        with EmbeddedServer(home) as server:
            vault = Vault(server.databases.vault, _keys(home))
            vault.migrate()
            for place, size in enumerate([records, *increments]):
                _fill(vault, size, place)
                named = "all at once" if not place else f"{size:,} more rows"
                rows.append({"step": named, **measured("bench.linkage_scale", home, place)})
            vault.close()
    return rows


def feed(agency: str) -> Feed:
    """A feed whose rows have the agency's number of a person and all that identifies."""
    identifying = tuple(
        Column(name, Date() if name == "birth_date" else Text(), name, Identify(name), null=True)
        for name in IDENTIFIERS
    )
    return Feed(
        name=f"{agency}_people", title="People", agency=agency, agreement="bench", files="people_{date:%Y%m%d}.csv",
        format=Delimited(encoding="utf-8"), delivery=Full(every="week"),
        coverage=UpTo(FileDate(), since=dt.date(2020, 1, 1)),
        subject=Key(f"{agency}.number"), key=("number",),
        columns=(
            Column("number", Text(), "The agency's number", Key(f"{agency}.number")),
            *identifying, Column("day", Date(), "When", Keep(), null=True),
        ),
        timeline=(Event("charge", date="day"),),
    )  # fmt: skip


def _keys(home: Path) -> VaultKeys:
    return VaultKeys.from_master((home / "key").read_bytes())


def _fill(vault: Vault, size: int, place: int) -> None:
    """Split about ``size`` records of a population of their own, each under a number of its own."""
    records, _ = population(size, BASE_SEED + place)
    for offset, (agency, rows) in enumerate(sorted(records.head(size).partition_by("agency", as_dict=True).items())):
        one = feed(str(agency[0]))
        numbered = rows.with_row_index("row_number", offset=2).with_columns(
            pl.col("row_number").cast(pl.Int64), pl.col("birth_date").str.to_date(),
            number=pl.format("{}-{}", pl.lit(place), "row_number"), day=pl.lit(None, pl.Date),
        )  # fmt: skip
        extract_id = 10 * place + offset + 1
        split(vault, one, extract_id, numbered.select("row_number", *(c.name for c in one.columns)), via=())
        vault.confirm(extract_id)


def _step(home: Path, place: int) -> dict[str, Any]:
    # What a process imports once is not what a batch takes; DuckDB imports pandas where it is given a table.
    import duckdb  # noqa: F401
    import pandas  # noqa: F401
    import scipy.sparse.csgraph  # noqa: F401

    with EmbeddedServer(home) as server:
        vault = Vault(server.databases.vault, _keys(home))
        project = ProjectKey.from_master((home / "key").read_bytes(), "bench")
        started = time.perf_counter()
        batch = link(vault, range(1, 10 * place + 11), project)
        seconds = time.perf_counter() - started
        vault.close()
    return {"seconds": round(seconds, 2), "subjects": batch.rows.num_rows if batch else 0}


def _splink(records: int) -> float:
    from bench.linkage import plain
    from identity.standardise import standardise_columns

    rows, _ = population(records, BASE_SEED)
    numbered = rows.with_row_index("identity_id").with_columns(pl.col("identity_id").cast(pl.Int64))
    standard = standardise_columns(numbered)
    started = time.perf_counter()
    plain.splink_at_best(standard, rows["person"])
    return round(time.perf_counter() - started, 1)


def _table(records: int, rows: list[dict[str, Any]]) -> Table:
    table = Table("step", "seconds", "subjects stated", "peak MB", title=f"{records:,} records")
    for row in rows:
        shown = (f"{row[name]:,}" if name in row else "" for name in ("subjects", "peak_mb"))
        table.add_row(row["step"], f"{row['seconds']:.1f}", *shown)
    return table


if __name__ == "__main__":
    main()
