"""Kills and hostile files by the thousand: what is lost, doubled, out of balance, or other than undisturbed.

``python -m bench.torture [--kills N] [--files N] [--seed S] [--jobs N] [--json] [--out FILE]``. Each round of kills
and each batch of files has a seed of its own, which is printed where it fails: with ``--seed`` it is the first.
"""

import argparse
import json
import multiprocessing
import os
import secrets
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final

from pydantic import SecretStr

from bench.hostile import hostile
from bench.kills import (
    ANY,
    TICK,
    Kill,
    Outcome,
    drop,
    empty,
    outcome,
    problems,
    put,
    reap,
    run,
    start,
    undisturbed,
    work,
)  # fmt: skip
from connectors.postgres import EmbeddedServer
from flows.settings import Settings
from flows.stores import Stores, open_stores
from schemas.catalogue import match

FAST: Final = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "64MB"}
"""What is committed outlives the processes that are killed here, if not the machine."""
MOST_KILLS: Final = 30
"""In one round, before somebody may end the work."""
NAMED: Final = 0.2
COUNTED: Final = 0.5
"""The shares of kills at a failpoint drawn by its name, and at the so-manieth whatever its name."""
MOST_COUNTED: Final = 20
WHOLE_ROUNDS: Final = 0.1
"""The share of rounds that link and publish too."""
BATCH: Final = 250
MANY_ATTEMPTS: Final = 1_000


@contextmanager
def installation() -> Iterator[Stores]:
    """A new installation on a server of its own, for the time inside."""
    with tempfile.TemporaryDirectory(prefix="tc") as folder, EmbeddedServer(Path(folder) / "server", FAST) as server:
        settings = Settings(
            home=Path(folder) / "home",
            master_key=SecretStr(secrets.token_hex(32)),
            warehouse_url=SecretStr(server.databases.warehouse),
            vault_url=SecretStr(server.databases.vault),
            quiet_seconds=0.02,
            attempts=MANY_ATTEMPTS,
        )
        with open_stores(settings) as stores:
            yield stores


class Round:
    """One installation in which round after round a drop is killed again and again, and then ended."""

    def __init__(self, stores: Stores) -> None:
        """Find out what a drop comes to undisturbed: with linking and publishing, and without."""
        self._stores = stores
        calm = {wholly: undisturbed(stores, wholly=wholly) for wholly in (True, False)}
        self._expected: dict[bool, Outcome] = {wholly: found for wholly, (found, _) in calm.items()}
        self._met: dict[bool, Counter[str]] = {wholly: met for wholly, (_, met) in calm.items()}
        self._seconds: dict[bool, float] = {wholly: self._time(wholly) for wholly in (False, True)}

    def _time(self, wholly: bool) -> float:
        for _ in range(2):
            empty(self._stores)
            drop(self._stores)
            begun = time.monotonic()
            run(self._stores, Kill(), wholly=wholly)
        return time.monotonic() - begun

    def play(self, seed: int) -> tuple[Counter[str], list[str]]:
        """Kill, end the work, compare; what was done and found, as counts, and what is wrong, in words."""
        random, done = Random(seed), Counter(rounds=1)
        wholly = random.random() < WHOLE_ROUNDS
        empty(self._stores)
        drop(self._stores)
        for _ in range(random.randint(2, MOST_KILLS)):
            how = self._kill(random, wholly)
            if how is None:
                break
            done.update(["kills", how])
        work(self._stores, wholly=wholly)
        found, expected = outcome(self._stores), self._expected[wholly]
        wrong = problems(self._stores)
        counts = {
            "lost": found.lost(expected), "doubled": found.doubled(expected),
            "digests_that_differ": int(found.digest != expected.digest), "left_or_out_of_balance": len(wrong),
        }  # fmt: skip
        done.update(counts)
        return done, [*wrong, *(f"{number} {what}" for what, number in counts.items() if number)]

    def _kill(self, random: Random, wholly: bool) -> str | None:
        """Where a child was killed; None where it came to its end first."""
        drawn = random.random()
        if drawn < NAMED + COUNTED:
            point = random.choice(sorted(self._met[wholly])) if drawn < NAMED else ANY
            kill = Kill(point, 1 if drawn < NAMED else random.randint(1, MOST_COUNTED))
            return f"at {point}" if run(self._stores, kill, wholly=wholly) == -signal.SIGKILL else None
        child = start(self._stores.settings, wholly=wholly)
        child.join(random.uniform(0, self._seconds[wholly]))
        return "at any time" if reap(self._stores, child) == -signal.SIGKILL else None


def _play_rounds(seed: int, step: int, kills: int) -> tuple[Counter[str], list[int]]:
    """Rounds with every ``step``-th seed until so many kills are done; the sums, and the seeds that failed."""
    with installation() as stores:
        round_ = Round(stores)
        return _repeat("round", "kills", count(seed, step), kills, lambda one, _left: round_.play(one))


def _take_batches(seed: int, step: int, files: int) -> tuple[Counter[str], list[int]]:
    """Batches with every ``step``-th seed until so many files are taken; the sums, and the seeds that failed."""
    with installation() as stores:
        seeds = count(seed, step)
        return _repeat("batch", "files", seeds, files, lambda one, left: take_batch(stores, min(BATCH, left), one))


def _repeat(
    what: str,
    counted: str,
    seeds: Iterable[int],
    wanted: int,
    play: Callable[[int, int], tuple[Counter[str], list[str]]],
) -> tuple[Counter[str], list[int]]:
    """Play seed after seed until so many are counted; the sums, and the seeds that failed."""
    total, failed = Counter[str](), list[int]()
    for one in seeds:
        done, wrong = play(one, wanted - total[counted])
        total.update(done)
        if wrong:
            failed.append(one)
        _tell(f"{what} {one}: {total[counted]} {counted}", wrong)
        if total[counted] >= wanted:
            break
    return total, failed


def take_batch(stores: Stores, files: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Take generated files through the whole chain; how they ended, and what is wrong, in words."""
    empty(stores)
    wanted, seen = Counter[tuple[str, str]](), set[tuple[str, bytes]]()
    for _, agency, name, content in hostile(files, seed):
        if (agency, content) in seen:
            time.sleep(TICK)
        seen.add((agency, content))
        put(stores, agency, name, content)
        wanted.update((agency, feed.name) for feed in match(name, agency)) if match(name, agency) else wanted.update(
            [(agency, "unknown")]
        )
    work(stores)
    ended = stores.ledger.extracts()
    found = Counter((one.agency, one.feed) for one in ended)
    wrong = problems(stores)
    lost, doubled = (wanted - found).total(), (found - wanted).total()
    done = Counter(files=files, lost=lost, doubled=doubled, imbalances=len(wrong))
    done.update(f"ended {one.state}" for one in ended)
    done.update(f"code {one.code}" for one in ended if one.code)
    return done, [*wrong, *([f"{lost} lost, {doubled} doubled"] if lost or doubled else [])]


def _tell(progress: str, wrong: list[str]) -> None:
    sys.stderr.write(f"{progress}{''.join(f'; WRONG: {what}' for what in wrong)}\n")


Job = Callable[[int, int, int], tuple[Counter[str], list[int]]]


def _share_out(job: Job, jobs: int, seed: int, amount: int) -> dict[str, Any]:
    """Let so many processes do the job, each with seeds of its own; the sums as JSON."""
    begun = time.monotonic()
    if amount == 0:
        return {}
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        shares = [amount // jobs + (number < amount % jobs) for number in range(jobs)]
        started = [pool.submit(job, seed + number, jobs, share) for number, share in enumerate(shares) if share]
        results = [one.result() for one in started]
    total = Counter[str]()
    for counts, _ in results:
        total.update(counts)
    failed = sorted(one for _, seeds in results for one in seeds)
    return {**dict(sorted(total.items())), "failed_seeds": failed, "seconds": round(time.monotonic() - begun, 1)}


def torture(kills: int, files: int, seed: int, jobs: int) -> dict[str, Any]:
    """All of it: figures as JSON."""
    return {
        "seed": seed,
        "jobs": jobs,
        "processors": os.cpu_count(),
        "kills": _share_out(_play_rounds, jobs, seed, kills),
        "files": _share_out(_take_batches, jobs, seed, files),
    }


def figures(result: dict[str, Any]) -> dict[str, int | float]:
    """The figures of `torture` that say whether all is well, in one line each."""
    kills, files = result["kills"], result["files"]
    named = {
        "seed": result["seed"],
        **{name: kills.get(name, 0) for name in ("kills", "rounds")},
        **{name: kills.get(name, 0) for name in ("lost", "doubled", "digests_that_differ", "left_or_out_of_balance")},
        "seconds_of_killing": kills.get("seconds", 0),
        "files": files.get("files", 0),
        **{f"files_{name}": files.get(name, 0) for name in ("lost", "doubled")},
        "imbalances": files.get("imbalances", 0),
        "seconds_of_files": files.get("seconds", 0),
    }
    ended = {f"files_{name.replace(' ', '_')}": number for name, number in files.items() if name.startswith("ended ")}
    return named | ended


def main() -> None:
    """Run and print; the exit code is 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    option = partial(parser.add_argument, type=int)
    option("--kills", default=1_000)
    option("--files", default=10_000)
    option("--seed", default=1)
    option("--jobs", default=2)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path, help="where to write the figures that matter as JSON")
    arguments = parser.parse_args()
    result = torture(arguments.kills, arguments.files, arguments.seed, arguments.jobs)
    if arguments.out:
        arguments.out.write_text(json.dumps(figures(result), indent=2) + "\n")
    print(json.dumps(result, indent=None if arguments.json else 2))
    sys.exit(any(part.get("failed_seeds") for part in (result["kills"], result["files"])))


if __name__ == "__main__":
    main()
