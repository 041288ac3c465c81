"""How long an agency waits: from a file's appearance in the intake folder to its receipt, with `throughcare up`.

``python -m bench.receipts [--files N] [--rows N] [--json]``. Files are moved in one after the other, each after the
receipt of the one before; the first one, which waits for nothing else either, counts like the others.
"""

import argparse
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from flows.settings import DEMO_MARK, environment
from schemas.feeds.metro_probation_supervision import FEED
from schemas.synthetic import rows

PATIENCE_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.01


@contextmanager
def up(home: Path) -> Iterator[None]:
    """A whole installation on a demo home, ready to be given files."""
    home.mkdir(mode=0o700)
    (home / DEMO_MARK).touch()
    command = [sys.executable, "-m", "flows.cli", "up", "--json", "--home", str(home)]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None or not process.stdout.readline():
                raise SystemExit("throughcare up did not come up")
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_SECONDS)


def wait_for_receipt(folder: Path, before: int) -> None:
    """Until one more receipt stands in the agency's folder."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(list(folder.glob("*.json"))) <= before:
        if time.monotonic() > deadline:
            raise SystemExit("no receipt came")
        time.sleep(POLL_SECONDS)


def measure(files: int, size: int) -> dict[str, Any]:
    """Seconds from drop to receipt of each file; median and longest."""
    separator = getattr(FEED.format, "separator", ",")
    encoding = getattr(FEED.format, "encoding", "utf-8")
    seconds: list[float] = []
    with tempfile.TemporaryDirectory(prefix="tc") as folder, up(Path(folder) / "home"):
        intake = Path(folder) / "home" / "intake" / FEED.agency
        intake.mkdir(parents=True, exist_ok=True)
        for number in range(files):
            text = rows(FEED, size, seed=number).drop("row_number").write_csv(separator=separator)
            aside = Path(folder) / "aside.csv"
            aside.write_bytes(text.encode(encoding))
            before = len(list((intake / "receipts").glob("*.json")))
            started = time.perf_counter()
            aside.rename(intake / f"supervision_2025{1 + number // 28:02}{1 + number % 28:02}.csv")
            wait_for_receipt(intake / "receipts", before)
            seconds.append(time.perf_counter() - started)
    return {
        "files": files,
        "rows": size,
        "median_seconds": round(statistics.median(seconds), 2),
        "longest_seconds": round(max(seconds), 2),
        "all_seconds": [round(one, 2) for one in seconds],
    }


def main() -> None:
    """Measure and print; with ``--json`` the last line is one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--files", type=int, default=10)
    parser.add_argument("--rows", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.files, arguments.rows)
    print(
        f"{result['files']} files of {result['rows']:,} rows: receipt after {result['median_seconds']} s (median), "
        f"{result['longest_seconds']} s (longest)"
    )
    if arguments.json:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
