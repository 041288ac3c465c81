"""How long until many small files that are dropped at once have all got their receipts, with `throughcare up`.

``python -m bench.many_files [--files N] [--rows N] [--json]``. The files are of every delimited feed of the made-up
city whose name carries its date, one a day back from the same day, so that all are deliveries of their own.
"""

import argparse
import datetime as dt
import json
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from bench.receipts import up
from schemas.catalogue import feeds
from schemas.contract import Delimited, Feed, FileDate
from schemas.synthetic import rows

LAST_DAY: Final = dt.date(2025, 6, 30)
PATIENCE_SECONDS: Final = 900.0


def deliveries(files: int, size: int) -> Iterator[tuple[Feed, str, bytes]]:
    """Feed, name and content of each file; the rows differ from file to file."""
    chosen = [
        feed
        for feed in feeds().values()
        if isinstance(feed.format, Delimited) and isinstance(feed.coverage.date, FileDate) and "{date" in feed.files
    ]
    for number, feed in enumerate(islice(cycle(chosen), files)):
        day = LAST_DAY - dt.timedelta(days=number // len(chosen))
        format = feed.format
        assert isinstance(format, Delimited)
        text = rows(feed, size, seed=number).drop("row_number").write_csv(separator=format.separator)
        yield feed, name_of(feed, day), text.encode(format.encoding)


def name_of(feed: Feed, day: dt.date) -> str:
    """A file's name that the feed takes for a delivery as of that day."""
    dated = re.sub(r"\{date:([^}]+)\}", lambda found: day.strftime(found[1]), feed.files)
    name = dated.replace("*", "all").replace("?", "x")
    assert feed.file_date(name) == day
    return name


def measure(files: int, size: int) -> dict[str, Any]:
    """Seconds from the drop of all files to the last receipt, and what became of them."""
    with tempfile.TemporaryDirectory(prefix="tc") as folder, up(Path(folder) / "home"):
        intake = Path(folder) / "home" / "intake"
        aside = [_written_aside(Path(folder) / "aside", intake, *one) for one in deliveries(files, size)]
        started = time.perf_counter()
        for path, place in aside:
            path.rename(place)
        receipts = _wait(intake, files)
        seconds = time.perf_counter() - started
        states = Counter(json.loads(path.read_text())["state"] for path in receipts)
    return {
        "files": files,
        "rows": size,
        "seconds": round(seconds, 1),
        "milliseconds_a_file": round(1000 * seconds / files, 1),
        "states": dict(states),
        "processors": os.cpu_count(),
    }


def _written_aside(aside: Path, intake: Path, feed: Feed, name: str, content: bytes) -> tuple[Path, Path]:
    path, place = aside / feed.agency / name, intake / feed.agency / name
    for folder in (path.parent, place.parent):
        folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path, place


def _wait(intake: Path, files: int) -> list[Path]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(found := list(intake.glob("*/receipts/*.json"))) < files:
        if time.monotonic() > deadline:
            raise SystemExit(f"only {len(found)} receipts came")
        time.sleep(0.1)
    return found


def main() -> None:
    """Measure and print; with ``--json`` the last line is one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.files, arguments.rows)
    what = f"{result['files']:,} files of {result['rows']} rows"
    print(f"{what}: all receipts after {result['seconds']} s, {result['states']}")
    if arguments.json:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
