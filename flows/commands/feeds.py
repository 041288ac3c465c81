"""`throughcare feeds`: the contracts, their specifications, and the draft of a new one."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands import Json

feeds_app = typer.Typer(help="The feeds that are declared.", invoke_without_command=True)


@feeds_app.callback()
def feeds(context: typer.Context, json_: Json = False) -> None:
    """List the feeds."""
    if context.invoked_subcommand is None:
        from flows.display import show_feeds

        show_feeds(as_json=json_)


@feeds_app.command("sheet")
def sheet(
    name: Annotated[str, typer.Argument(help="The feed.")],
    out: Annotated[Path | None, typer.Option(help="Write a page and an example file into this folder.")] = None,
) -> None:
    """Print a feed's specification, as its agency gets it (markdown), or write it as a page with an example file."""
    from flows.check import feed_named
    from schemas.sheet import sheet as text_of

    feed = feed_named(name)
    if out is None:
        typer.echo(text_of(feed))
        return
    from flows.drafting import write_sheet

    for path in write_sheet(feed, out):
        typer.echo(path)


@feeds_app.command("new")
def new(
    sample: Annotated[Path, typer.Argument(help="A file as the agency sends it.")],
    agency: Annotated[str, typer.Option(help="The agency, as its folder in the intake is called.")],
    name: Annotated[str | None, typer.Option(help="The feed's name [agency and file].")] = None,
    member: Annotated[str | None, typer.Option(help="Which file, where the sample is an archive.")] = None,
    out: Annotated[Path | None, typer.Option(help="The folder for the module; without one it is printed.")] = None,
) -> None:
    """Draft a contract from a sample file: to be reviewed, above all what is kept and what identifies."""
    from flows.drafting import draft_feed, write_draft

    drafted = draft_feed(sample, agency, name, member)
    typer.echo(write_draft(drafted, out) if out else drafted.source())
    marked = sum(len(notes) for notes in drafted.notes.values())
    typer.echo(f"takes {drafted.loaded:,} of {drafted.rows:,} rows; {marked} places to review", err=True)


@feeds_app.command("dictionary")
def dictionary() -> None:
    """Print every column of every feed, with its codes and what becomes of it (markdown)."""
    from schemas.dictionary import page

    typer.echo(page())
