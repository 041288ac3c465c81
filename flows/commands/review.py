"""`throughcare review`: a person decides which records are one person."""

from typing import Annotated

import typer

from flows.commands import Home, opened, print_json


def review(
    list_: Annotated[bool, typer.Option("--list", help="Print the questions as JSON, without identifiers.")] = False,
    as_: Annotated[str | None, typer.Option("--as", help="The reviewer, where the account is shared.")] = None,
    limit: Annotated[int, typer.Option(help="So many questions at most.", min=1)] = 500,
    home: Home = None,
) -> None:
    """Decide, in this terminal, who is one person: records side by side, the weightiest question first.

    Identifiers are shown on the terminal's other screen only, and every viewing is recorded.
    """
    from flows.owner import person
    from identity.desk import review as hold
    from identity.review import queue
    from identity.terminal import Terminal

    if not list_:
        # Before anything is opened: a pipe gets an error, not a wait.
        Terminal()
    with opened(home) as stores:
        items = queue(stores.vault, limit)
        if list_:
            print_json({"questions": [item.to_json(stores.project) for item in items]})
        elif items:
            session = hold(stores.vault, items, f"{as_} via {person()}" if as_ else person())
            typer.echo(session.text())
        else:
            typer.echo("Nothing waits for review.")
