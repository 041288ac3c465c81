"""`throughcare explain`: why records are one person."""

from typing import Annotated

import typer

from flows.commands import Home, Json, opened, print_json


def explain(
    participant: Annotated[str, typer.Argument(help="The participant's key, as analysts know it.")],
    identifiers: Annotated[
        bool, typer.Option("--identifiers", help="Show the records in clear, on this terminal only; it is recorded.")
    ] = False,
    json_: Json = False,
    home: Home = None,
) -> None:
    """Show why records are one person: pairs and weights, numbers, vetoes, decisions, and the keys it had.

    No identifier is shown unless it is asked for.
    """
    from flows.explaining import draw, explained

    if identifiers:
        _in_clear(participant, as_json=json_, home=home)
        return
    with opened(home) as stores:
        found = explained(stores, participant)
    if json_:
        print_json(found)
    else:
        draw(found)


def _in_clear(participant: str, *, as_json: bool, home: Home) -> None:
    """The records on the terminal's other screen, until a key is pressed."""
    from flows.owner import person
    from identity.drawing import records
    from identity.explain import identifiers
    from identity.terminal import NoTerminal, Terminal

    if as_json:
        raise NoTerminal("identifiers are shown on a terminal only: not as JSON")
    terminal = Terminal()
    with opened(home) as stores:
        shown = identifiers(stores.vault, stores.project, participant, person())
    with terminal:
        terminal.show(records(shown), "any key ends")
