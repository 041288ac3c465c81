"""`throughcare expunge`: orders that somebody's records go, everywhere and for good."""

import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands import Home, Json, opened, print_json

expunge_app = typer.Typer(
    help="Orders to expunge: a person's records, or all under a case number, from every store.",
    invoke_without_command=True,
)

Agencies = Annotated[list[str] | None, typer.Option("--agency", help="Only what this agency told; may be repeated.")]
Authority = Annotated[str, typer.Option(help="On whose authority: kept encrypted in the vault, shown to nobody else.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; what is expunged cannot be brought back.")]


@expunge_app.callback()
def listed(context: typer.Context, json_: Json = False, home: Home = None) -> None:
    """List the orders and how far each has come."""
    if context.invoked_subcommand is not None:
        return
    from flows.display import console, rows_table
    from identity.orders import orders

    with opened(home) as stores:
        rows = [asdict(order) for order in orders(stores.vault)]
    if json_:
        print_json({"orders": rows})
    elif rows:
        shown = ("order_id", "scope", "agencies", "ordered_at", "state", "done_at")
        console().print(rows_table("Orders to expunge", [{name: row[name] for name in shown} for row in rows]))
    else:
        console().print("Nothing was ordered.")


@expunge_app.command()
def person(
    participant: Annotated[uuid.UUID, typer.Argument(help="The participant's key, as analysts know it.")],
    authority: Authority,
    agency: Agencies = None,
    yes: Yes = False,
    json_: Json = False,
    home: Home = None,
) -> None:
    """Expunge all records of a participant, and take none of them in again."""
    from flows.owner import person as account
    from identity.orders import order_person

    _ask(yes=yes)
    with opened(home) as stores:
        entered = order_person(stores.vault, stores.project, participant, agency, authority, account())
        _carry_out(stores, entered, as_json=json_)


@expunge_app.command()
def record(
    namespace: Annotated[str, typer.Argument(help="Whose number it is: agency.number, as in the feeds.")],
    authority: Authority,
    agency: Agencies = None,
    yes: Yes = False,
    json_: Json = False,
    home: Home = None,
) -> None:
    """Expunge all that carries a record's number. It is asked for, or read from stdin: a part a line."""
    from flows.owner import person as account
    from identity.orders import order_record

    parts = _parts(namespace)
    _ask(yes=yes)
    with opened(home) as stores:
        entered = order_record(stores.vault, namespace, parts, agency, authority, account())
        _carry_out(stores, entered, as_json=json_)


@expunge_app.command()
def finish(json_: Json = False, home: Home = None) -> None:
    """Carry out what is open, as every link, sweep and publish does too; then publish anew."""
    from flows.display import show_counts

    with opened(home) as stores:
        finished = _publish(stores)
    show_counts("expunged", {"orders": finished}, as_json=json_)


@expunge_app.command()
def certificate(
    order: Annotated[int, typer.Argument(help="The order, by its number.")],
    out: Annotated[Path | None, typer.Option(help="Write it there instead.")] = None,
    home: Home = None,
) -> None:
    """Print the signed certificate of an order: stores and counts, no identifier."""
    import json

    from flows.certificate import certificate as certify

    with opened(home) as stores:
        text = json.dumps(certify(stores, order), indent=2)
    if out is None:
        typer.echo(text)
    else:
        out.write_text(text + "\n", encoding="utf-8")


def _carry_out(stores: Any, entered: int, *, as_json: bool) -> None:  # noqa: ANN401 - Stores, imported late
    """Carry the order out to the published snapshot and show its certificate's counts."""
    from flows.certificate import certificate as certify
    from flows.display import show_counts

    _publish(stores)
    said = certify(stores, entered)
    if as_json:
        print_json(said)
    else:
        gone = {name: number for name, number in said["removed"].items() if number}
        show_counts("expunged", {"order": entered, "state": said["state"], **gone}, as_json=False)


def _publish(stores: Any) -> int:  # noqa: ANN401 - Stores, imported late
    from flows.display import Progress
    from flows.expunge import finish_orders

    with Progress(hidden=False) as progress:
        return finish_orders(stores, progress.say)


def _parts(namespace: str) -> list[str]:
    """The parts of a key, never from the command line: that is kept in a shell's history and shown to all users."""
    import sys

    from schemas.catalogue import feeds

    columns = next((feed.namespaces[namespace] for feed in feeds().values() if namespace in feed.namespaces), None)
    if columns is None:
        raise typer.BadParameter("no feed has numbers of that name")
    if not sys.stdin.isatty():
        return sys.stdin.read().splitlines()
    return [typer.prompt(column, hide_input=True) for column in columns]


def _ask(*, yes: bool) -> None:
    if not yes:
        typer.confirm("What is expunged cannot be brought back. Go on?", abort=True)
