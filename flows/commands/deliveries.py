"""`throughcare deliveries`: what is held, and what a person decides on it."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands import Home, Json, opened, print_json

deliveries_app = typer.Typer(help="The deliveries that are held, and decisions on them.", invoke_without_command=True)

Reason = Annotated[str, typer.Option(help="Why, in your words: kept in the ledger, never in a receipt.")]
ExtractId = Annotated[int, typer.Argument(help="The extract, by its number.")]


@deliveries_app.callback()
def held(context: typer.Context, json_: Json = False, home: Home = None) -> None:
    """List what is held, since when, and for what."""
    if context.invoked_subcommand is not None:
        return
    from flows.deliveries import waiting
    from flows.display import console, rows_table

    with opened(home) as stores:
        rows = waiting(stores)
    if json_:
        print_json({"held": rows})
    elif rows:
        console().print(rows_table("Held deliveries", rows))
    else:
        console().print("Nothing is held.")


@deliveries_app.command()
def accept(
    extract_id: ExtractId,
    reason: Reason,
    supersedes: Annotated[int | None, typer.Option(help="The extract that it replaces as a whole.")] = None,
    json_: Json = False,
    home: Home = None,
) -> None:
    """Take a held delivery up again: what it was held for does not stand in its way."""
    from flows.deliveries import accept as accept_one
    from flows.display import show_receipts

    with opened(home) as stores:
        receipts = [receipt.to_json() for receipt in accept_one(stores, extract_id, reason, supersedes)]
    show_receipts(receipts, as_json=json_)


@deliveries_app.command()
def refuse(extract_id: ExtractId, reason: Reason, json_: Json = False, home: Home = None) -> None:
    """End a held delivery as refused; its agency gets a receipt that says so."""
    from flows.deliveries import refuse as refuse_one
    from flows.display import show_receipts

    with opened(home) as stores:
        receipt = refuse_one(stores, extract_id, reason)
    show_receipts([receipt.to_json()], as_json=json_)


@deliveries_app.command()
def docs(
    out: Annotated[Path | None, typer.Option(help="The folder [<home>/data-docs].")] = None, home: Home = None
) -> None:
    """Write Data Docs: what was measured of each delivery and expected of it, no value of a cell."""
    from flows.deliveries import document

    with opened(home) as stores:
        index = document(stores, out or stores.settings.home / "data-docs")
    typer.echo(index)
