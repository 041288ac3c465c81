"""`throughcare demo`: a made-up city, the whole way, in a home of its own that is made afresh each time."""

import fcntl
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from flows import display
from flows.settings import DEMO_MARK, Settings, environment
from schemas.errors import SettingsError, ThroughcareError

TRUTH: Final = "truth"
_HOUSE: Final = Path(__file__).resolve().parents[1]


class DemoFailed(ThroughcareError):
    """A step of the demo that runs as a program of its own has failed."""


def run_demo(settings: Settings, people: int, seed: int, *, as_json: bool) -> None:
    """Generate, ingest, link, publish, compare with the truth, and print what came out."""
    began = time.monotonic()
    _refuse_real_stores(settings)
    make_home(settings.home)
    with display.Progress(hidden=as_json) as progress:
        found = _whole_way(settings, people, seed, progress)
    found["seconds"] = round(time.monotonic() - began, 1)
    if as_json:
        display.print_json(found)
    else:
        _show(display.console(), found)


def _refuse_real_stores(settings: Settings) -> None:
    """`SettingsError` where a variable names stores outside the home: made-up people must not get into them."""
    elsewhere = [name for name in ("warehouse_url", "vault_url", "landing_url") if getattr(settings, name)]
    if elsewhere:
        named = ", ".join(f"THROUGHCARE_{name.upper()}" for name in elsewhere)
        raise SettingsError(f"the demo uses the stores of its home only: unset {named}")


def make_home(home: Path) -> None:
    """An empty home marked as a demo; `SettingsError` where a home of anything else stands there, or is in use."""
    if home.exists() and any(home.iterdir()):
        if not (home / DEMO_MARK).is_file():
            raise SettingsError("the home holds data and is not marked as a demo: choose another with --home")
        _refuse_while_used(home)
        for entry in home.iterdir():
            if entry.name != DEMO_MARK:
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / DEMO_MARK).write_text("Made-up people only. `throughcare demo` erases everything in this folder.\n")


def _refuse_while_used(home: Path) -> None:
    """`SettingsError` where another process holds the lock of `up` or of the embedded server."""
    for lock in (home / "run" / "lock", home / "postgres" / "use.lock"):
        if not lock.exists():
            continue
        with lock.open("r") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                used = True
            else:
                used = False
        if used:
            raise SettingsError("another throughcare process uses this demo home: stop it first")


def _whole_way(settings: Settings, people: int, seed: int, progress: display.Progress) -> dict[str, Any]:
    from flows.link import link
    from flows.once import ingest_once
    from flows.publish import first_outcomes, publish
    from flows.stores import open_stores
    from flows.warm import import_ahead

    import_ahead()
    progress.say("making up a city")
    city = _python("bench.city", "--people", people, "--seed", seed, "--out", settings.home / "city")
    progress.say("starting the stores")
    with open_stores(settings) as stores:
        _deliver(settings)
        receipts = [receipt.to_json() for receipt in ingest_once(stores, progress.stage)]
        progress.say("linking records to persons")
        linked = link(stores)
        progress.say("computing outcomes, publishing")
        published = publish(stores)
    progress.say("comparing with the truth")
    accuracy = _python("bench.accuracy", "--snapshot", published.snapshot, "--truth", settings.home / TRUTH)
    return {
        "city": city, "extracts": receipts, "linked": linked, "accuracy": accuracy,
        "outcomes": first_outcomes(published.rates), **published.to_json(),
    }  # fmt: skip


def _deliver(settings: Settings) -> None:
    """Drop the city's files into the intake folder, each at once; keep the truth apart."""
    city = settings.home / "city"
    for folder in sorted(city.iterdir()):
        folder.rename(settings.home / TRUTH if folder.name == TRUTH else settings.intake / folder.name)
    city.rmdir()


def _python(module: str, *arguments: object) -> dict[str, Any]:
    """Run a program of the bench, which nothing may import, and read the last line that it prints."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(
        command, cwd=_HOUSE, env=environment(with_keys=False), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise DemoFailed(f"python -m {module} failed: {done.stderr.strip().splitlines()[-1:]}")
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def _show(out: Console, found: Mapping[str, Any]) -> None:
    out.print(display.counts_table("A made-up city", found["city"]))
    out.print(display.receipts_table(found["extracts"]))
    out.print(display.counts_table("Persons linked", found["linked"] or {}))
    out.print(display.rows_table("Linkage against the truth", [_brief(found["accuracy"])]))
    out.print(display.rows_table("Outcomes from supervision start, everybody", [*map(_outcome, found["outcomes"])]))
    for what in ("snapshot", "report"):
        out.print(f"{what:<10} {found[what]}", soft_wrap=True, highlight=False)
    out.print(f"done in {found['seconds']} s")


def _brief(accuracy: Mapping[str, Any]) -> dict[str, Any]:
    wanted = ("records", "persons", "groups", "precision", "recall", "f1", "split", "contaminated")
    return {name: accuracy[name] for name in wanted if name in accuracy}


def _outcome(row: Mapping[str, Any]) -> dict[str, Any]:
    incidence, low, high = (row[name] for name in ("cumulative_incidence", "ci_low", "ci_high"))
    known = incidence is not None
    return {
        "outcome": row["outcome"].replace("_", " "),
        "months": row["window_months"],
        "people": row["n"],
        **{name: row[name] for name in ("observable", "events", "competing")},
        "incidence": f"{incidence:.3f}" if known else "",
        "95 % interval": f"{low:.3f}–{high:.3f}" if known and low is not None else "",
    }
