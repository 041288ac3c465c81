"""The groups of commands of the command line, and what all commands share."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.settings import read_settings

Json = Annotated[bool, typer.Option("--json", help="Print one line of JSON instead.")]
Home = Annotated[Path | None, typer.Option("--home", help="The home of the installation [THROUGHCARE_HOME].")]


def opened(home: Path | None) -> Any:  # noqa: ANN401 - a context manager of Stores, imported late
    """The stores of an installation; a wrong key is refused before any is touched."""
    settings = read_settings(home)
    settings.master()
    from flows.stores import open_stores

    return open_stores(settings)


def print_json(value: object) -> None:
    """One line of JSON."""
    typer.echo(json.dumps(value, default=str, separators=(",", ":")))
