"""`throughcare verify`, `backup` and `restore`: that nothing is lost or changed unnoticed."""

from typing import Annotated, Final

import typer

from flows.commands import Home, Json, opened
from flows.settings import read_settings

UNSOUND: Final = 8

Place = Annotated[str, typer.Argument(help="A folder, or an fsspec URL (s3://, sftp://, az://).")]
Made = Annotated[str | None, typer.Option("--backup", help="Which backup, by its time [the newest].")]


def verify(
    place: Annotated[str | None, typer.Option("--of", help="Verify the newest backup there instead.")] = None,
    json_: Json = False,
    home: Home = None,
) -> None:
    """Read every store to its end: files, rows, records, audit trail and snapshot against hashes and counts."""
    from flows.display import Progress, show_checks
    from flows.verify import verify as verify_now
    from flows.verify import verify_backup

    checks = []
    with Progress(hidden=json_) as progress:
        if place is not None:
            checks.append(verify_backup(place, read_settings(home).master()).to_json())
        else:
            with opened(home) as stores:
                for one in verify_now(stores):
                    progress.say(one.store)
                    checks.append(one.to_json())
    show_checks(checks, as_json=json_)
    if any(one["faults"] for one in checks):
        raise typer.Exit(UNSOUND)


def backup(place: Place, json_: Json = False, home: Home = None) -> None:
    """Make a backup: both databases and every stored file, sealed under the master key."""
    from flows.backup import back_up
    from flows.display import show_counts

    with opened(home) as stores:
        made = back_up(stores, place)
    show_counts("backed up", made.to_json(), as_json=json_)


def restore(place: Place, name: Made = None, json_: Json = False, home: Home = None) -> None:
    """Bring a backup back into an installation that holds nothing yet; a damaged one is refused before that."""
    from flows.backup import bring_back
    from flows.display import show_counts

    made = bring_back(read_settings(home), place, name)
    show_counts("restored", made.to_json(), as_json=json_)
