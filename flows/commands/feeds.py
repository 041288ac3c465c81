"""`throughcare feeds`: the contracts, their specifications, and the draft of a new one."""

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
def sheet(name: Annotated[str, typer.Argument(help="The feed.")]) -> None:
    """Print a feed's specification, as its agency gets it (markdown)."""
    from flows.check import feed_named
    from schemas.sheet import sheet as text_of

    typer.echo(text_of(feed_named(name)))


@feeds_app.command("dictionary")
def dictionary() -> None:
    """Print every column of every feed, with its codes and what becomes of it (markdown)."""
    from schemas.dictionary import page

    typer.echo(page())
