"""How long a publication takes, from nothing and after a small delta: ``python -m bench.publication_scale``.

A city of ``--people`` is ingested and linked; then, each in a process of its own, it is published from nothing, and a
delta of ``--delta`` rows of attendance goes the whole way: ingest, link, publish. Reading files, starting the server
and imports are not in the times of the publication; of the delta everything is, from the file in the intake folder on.
What the city itself takes to load is printed beside. Several sizes (``--people 30000,300000``) show how the cost of a
delta grows with what stands there.
"""

import argparse
import json
import secrets
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import polars as pl
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from bench.city.city import write_city
from bench.memory import measured
from flows.deliveries import accept
from flows.link import link
from flows.once import ingest_once
from flows.publish import publish
from flows.settings import Settings
from flows.stores import Stores, open_stores

SEED: Final = 20264
ATTENDANCE: Final = "attendance_20250630.txt"
DELTA: Final = "attendance_20251231.txt"
REASON: Final = "a large city made up for a measurement"


def main() -> None:
    """Measure and print; with ``--json`` one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.publication_scale")
    parser.add_argument("--people", default="30000,300000", help="people of each city, comma-separated")
    parser.add_argument("--delta", type=int, default=1_000, help="rows of the delta")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(_step(Path(options.step[0]), options.step[1])))
        return
    found = [measure(int(people), options.delta) for people in options.people.split(",")]
    if options.json:
        print(json.dumps(found))
    else:
        Console().print(_table(found))


def measure(people: int, delta: int) -> dict[str, Any]:
    """Rows, seconds and peak memory (MB) of each step for a city of one size."""
    with tempfile.TemporaryDirectory(prefix="tc") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        (home / "key").write_text(secrets.token_hex(32))
        write_city(people, SEED, home / "intake")
        (home / "intake" / "truth").rename(home / "truth")
        _lay_aside(home, delta)
        return {
            "people": people,
            "load": measured("bench.publication_scale", home, "load"),
            "publish": measured("bench.publication_scale", home, "publish"),
            "delta": {"rows": delta, **_delivered(home)},
        }


def settings_of(home: Path) -> Settings:
    """The settings of a city's home, whose master key stands in it."""
    return Settings(home=home, master_key=SecretStr((home / "key").read_text()), quiet_seconds=0.05)


def _step(home: Path, step: str) -> dict[str, Any]:
    from flows.warm import import_ahead

    import_ahead().join()
    with open_stores(settings_of(home)) as stores:
        started = time.perf_counter()
        found = {"load": load, "publish": _publish, "delta": _delta}[step](stores)
        return {"seconds": round(time.perf_counter() - started, 2), **found}


def load(stores: Stores) -> dict[str, Any]:
    """The city's files, those too that are held because no such city was expected."""
    list(ingest_once(stores))
    for extract in stores.ledger.held():
        accept(stores, extract.extract_id, REASON)
    link(stores)
    return {"rows": sum(one.counts.loaded for one in stores.ledger.extracts())}


def _publish(stores: Stores) -> dict[str, Any]:
    done = publish(stores)
    return {"participants": done.participants, "partitions": done.partitions_written}


def _delta(stores: Stores) -> dict[str, Any]:
    """The whole way of a delta, and how much of it each part took."""
    parts, before = {}, time.perf_counter()
    for name, work in (("ingest", lambda: list(ingest_once(stores))), ("link", lambda: link(stores)),
                       ("publish", lambda: publish(stores))):  # fmt: skip
        work()
        parts[name] = round(time.perf_counter() - before, 2)
        before = time.perf_counter()
    state = stores.ledger.extracts()[-1].state
    if state != "loaded":
        raise SystemExit(f"the delta ended as {state}")
    return {"parts": parts}


def _lay_aside(home: Path, rows: int) -> None:
    """Make the delta before its city is taken in: sessions of members of the last delivery, half a year later."""
    told = (home / "intake" / "metro_peer" / ATTENDANCE).read_bytes().decode("utf-16")
    cells = pl.read_csv(told.encode(), separator="\t", quote_char=None, infer_schema=False, truncate_ragged_lines=True)
    sound = cells.filter(pl.col("MemberNo").str.contains(r"^[0-9]{6}$")).unique(["MemberNo"], maintain_order=True)
    later = sound.head(rows).with_columns(SessionDate=pl.lit("15.09.2025"))
    text = later.write_csv(separator="\t", quote_style="never")
    (home / "truth" / DELTA).write_bytes(text.encode("utf-16"))


def _delivered(home: Path) -> dict[str, Any]:
    (home / "truth" / DELTA).rename(home / "intake" / "metro_peer" / DELTA)
    return measured("bench.publication_scale", home, "delta")


def _table(found: list[dict[str, Any]]) -> Table:
    table = Table("people", "rows", "publish s", "peak MB", "delta s", "of it", title="Publication")
    for one in found:
        parts = ", ".join(f"{name} {seconds}" for name, seconds in one["delta"]["parts"].items())
        table.add_row(
            f"{one['people']:,}", f"{one['load']['rows']:,}", f"{one['publish']['seconds']:.1f}",
            f"{one['publish']['peak_mb']:,}", f"{one['delta']['seconds']:.1f}", parts,
        )  # fmt: skip
    return table


if __name__ == "__main__":
    main()
