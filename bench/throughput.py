"""The whole chain up to the committed receipt, as a ratio to DuckDB's own load of the same file.

``python -m bench.throughput [--rows N] [--repeats N] [--json]``. The yardstick is
``CREATE TABLE … AS SELECT * FROM read_csv(…, all_varchar=true)`` into a database file, in a process of its own;
the chain is what the resident process does with a dropped file: land (encrypted), read, judge rows and delivery,
split (vault encrypted), load, receipt. Imports and server start are outside both, as they are in production.
Each repetition has a fresh home, process and database; the medians are compared.
"""

import argparse
import json
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from bench.memory import peak_mb
from schemas.feeds.metro_court_charges import FEED

ROWS: Final = 1_000_000
REPEATS: Final = 3
FILE_NAME: Final = "charges_20250630.txt"


@dataclass(frozen=True)
class Run:
    """One timed run: seconds in all, seconds by stage, peak memory of all its processes in MB."""

    seconds: float
    stages: dict[str, float]
    loaded: int
    peak_mb: float


def yardstick(path: Path, folder: Path) -> float:
    """Load ``path`` into a fresh DuckDB file, all as text; seconds."""
    import duckdb

    separator = getattr(FEED.format, "separator", ",")
    with duckdb.connect(str(folder / "yardstick.duckdb")) as connection:
        connection.execute("SELECT 1")
        started = time.perf_counter()
        connection.execute(
            f"CREATE TABLE court AS SELECT * FROM read_csv('{path}', all_varchar=true, delim='{separator}')"
        )
        return time.perf_counter() - started


def chain(path: Path, home: Path) -> dict[str, Any]:
    """Take ``path`` from the intake folder of a fresh home to its receipt; seconds by stage."""
    from flows.arriving import land_all, pairing
    from flows.ingest import take_next
    from flows.settings import Settings
    from flows.stores import open_stores
    from flows.warm import warm_up

    warm_up()
    settings = Settings(home=home, master_key=SecretStr(secrets.token_hex(32)))
    with open_stores(settings) as stores:
        dropped = settings.intake / FEED.agency / FILE_NAME
        dropped.parent.mkdir(parents=True)
        dropped.hardlink_to(path)
        settled = stores.intake.settled(settings.quiet_seconds, pairing(settings))
        marks = [("land", time.perf_counter())]
        list(land_all(stores, settled))
        receipt = take_next(stores, lambda _, stage: marks.append((stage, time.perf_counter())))
        marks.append(("", time.perf_counter()))
    stages = {name: after - at for (name, at), (_, after) in pairwise(marks)}
    return {
        "seconds": marks[-1][1] - marks[0][1],
        "stages": stages,
        "loaded": receipt.loaded if receipt else 0,
    }


def _child(what: str, path: Path) -> tuple[dict[str, Any], float]:
    """Run one side in a process and folder of its own; its result and peak memory."""
    with tempfile.TemporaryDirectory(prefix="tc") as folder:
        command = [sys.executable, "-m", "bench.throughput", "--side", what, str(path), folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            peak = peak_mb(process.pid, Path(folder))
            printed = process.stdout.read() if process.stdout else ""
        if process.returncode:
            raise SystemExit(f"{what} ended with exit code {process.returncode}")
    return json.loads(printed.splitlines()[-1]), peak


def measure(rows: int, repeats: int) -> dict[str, Any]:
    """Time both sides alternately on one generated file; medians, ratio, stage times of the median run."""
    from bench.city.court_file import court_file

    with tempfile.TemporaryDirectory(prefix="tc") as folder:
        path = Path(folder) / FILE_NAME
        size = court_file(rows, path)
        baseline, runs = [], []
        for _ in range(repeats):
            baseline.append(_child("yardstick", path)[0]["seconds"])
            result, peak = _child("chain", path)
            if result["loaded"] != rows:
                raise SystemExit(f"{result['loaded']} of {rows} rows were loaded")
            runs.append(Run(result["seconds"], result["stages"], result["loaded"], peak))
    median = sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]
    duckdb_seconds = statistics.median(baseline)
    return {
        "rows": rows,
        "mb": round(size / 1e6, 1),
        "duckdb_seconds": round(duckdb_seconds, 2),
        "chain_seconds": round(median.seconds, 2),
        "ratio": round(median.seconds / duckdb_seconds, 2),
        "peak_mb": round(max(run.peak_mb for run in runs)),
        "stages": {name: round(seconds, 2) for name, seconds in median.stages.items()},
        "all_duckdb_seconds": [round(seconds, 2) for seconds in baseline],
        "all_chain_seconds": [round(run.seconds, 2) for run in runs],
    }


def show(result: dict[str, Any]) -> None:
    """Print the table of stage times."""
    title = f"{result['rows']:,} rows, {result['mb']} MB: {result['ratio']} × DuckDB's own load"
    table = Table("stage", "seconds", "× DuckDB", title=title)
    for name, seconds in result["stages"].items():
        table.add_row(name, f"{seconds:.2f}", f"{seconds / result['duckdb_seconds']:.2f}")
    table.add_section()
    table.add_row("chain", f"{result['chain_seconds']:.2f}", f"{result['ratio']:.2f}")
    table.add_row("DuckDB read_csv into a table", f"{result['duckdb_seconds']:.2f}", "1.00")
    table.add_row("peak memory, all processes", f"{result['peak_mb']:,} MB", "")
    Console().print(table)


def main() -> None:
    """Measure and print; with ``--json`` the last line is one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--side", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        what, path, folder = arguments.side
        side = (
            {"seconds": yardstick(Path(path), Path(folder))} if what == "yardstick" else chain(Path(path), Path(folder))
        )
        sys.stdout.write(json.dumps(side) + "\n")
        return
    result = measure(arguments.rows, arguments.repeats)
    show(result)
    if arguments.json:
        sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
