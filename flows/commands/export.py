"""`throughcare export`: the snapshot in the layouts that other tools read."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands import Home, Json
from flows.settings import read_settings

export_app = typer.Typer(help="The published snapshot in the layouts that other tools read.", no_args_is_help=True)


@export_app.callback()
def exports() -> None:
    """Exports hold persons, pseudonymised: they are restricted as the snapshot is."""


@export_app.command()
def meds(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
    json_: Json = False,
    home: Home = None,
) -> None:
    """Write the newest snapshot as the Medical Event Data Standard lays it out (data, metadata, splits)."""
    from flows.display import show_counts
    from schemas.errors import StoreError
    from warehouse.exports.meds import export_meds
    from warehouse.snapshot.publish import DATABASE

    settings = read_settings(home)
    snapshot = settings.home / "published" / settings.project / DATABASE
    if not snapshot.exists():
        raise StoreError("nothing is published yet: run `throughcare publish`")
    done = export_meds(snapshot, folder)
    counts = {"subjects": done.subjects, "rows": done.rows, "folder": str(done.folder)}
    show_counts("exported", counts, as_json=json_)
