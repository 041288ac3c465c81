"""The command line. Heavy rooms are imported by the command that needs them: `--help` answers at once.

Exit codes: 0 done · 1 unexpected · 2 a contract contradicts itself, or wrong usage · 3 not configured ·
4 a store is away · 5 a delivery is refused · 6 rows were rejected (`check`) · 7 extracts did not load (`ingest`) ·
8 a store is not as it was (`verify`).
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from flows.commands import Home, Json, opened, print_json
from flows.commands.deliveries import deliveries_app
from flows.commands.explain import explain
from flows.commands.export import export_app
from flows.commands.expunge import expunge_app
from flows.commands.feeds import feeds_app
from flows.commands.link import link_app
from flows.commands.manifest import manifest_app
from flows.commands.review import review
from flows.commands.safekeeping import backup, restore, verify
from flows.settings import read_settings
from schemas.errors import ThroughcareError

NOT_LOADED: Final = 7

app = typer.Typer(
    help="Agency extracts in, linked participant timelines and outcomes out.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
)  # fmt: skip
app.add_typer(feeds_app, name="feeds")
app.add_typer(deliveries_app, name="deliveries")
app.add_typer(link_app, name="link")
app.add_typer(manifest_app, name="manifest")
app.add_typer(export_app, name="export")
app.add_typer(expunge_app, name="expunge")
app.command()(review)
app.command()(explain)
app.command()(verify)
app.command()(backup)
app.command()(restore)


def main() -> None:
    """Run a command; what it raises on purpose becomes one line and an exit code, nothing else gets out."""
    from flows.errors import describe

    # Whatever a command writes is its owner's only; what agencies may read is opened to them where it is written.
    os.umask(0o077)
    try:
        app()
    except ThroughcareError as error:
        message, code = str(error), error.exit_code
    except (KeyboardInterrupt, BrokenPipeError):
        message, code = "interrupted", 130
    except Exception as error:
        message, code = str(describe(error)), 1
    typer.echo(f"throughcare: {message}", err=True)
    sys.exit(code)


@app.command()
def demo(
    json_: Json = False,
    home: Home = None,
    people: Annotated[int, typer.Option(help="How many people live in the made-up city.")] = 1_500,
    seed: Annotated[int, typer.Option(help="Another seed, another city.")] = 1,
) -> None:
    """Take a made-up city the whole way: files, receipts, timelines, outcomes, snapshot, report."""
    from flows.demo import run_demo

    run_demo(read_settings(home), people, seed, as_json=json_)


@app.command()
def up(json_: Json = False, home: Home = None) -> None:
    """Serve until stopped: Prefect server and UI, the watcher of the intake folder, a worker for the schedules."""
    from flows.display import Progress, show_addresses
    from flows.up import up as serve

    with Progress(hidden=json_) as progress:

        def ready(addresses: Mapping[str, str]) -> None:
            progress.stop()
            show_addresses(addresses, as_json=json_)

        serve(read_settings(home), ready, progress.say)


@app.command()
def ingest(json_: Json = False, home: Home = None) -> None:
    """Take every file in the intake folder to its receipt, once, without a server."""
    from flows.display import Progress, show_receipts
    from flows.once import ingest_once

    with opened(home) as stores, Progress(hidden=json_) as progress:
        receipts = [receipt.to_json() for receipt in ingest_once(stores, progress.stage)]
    show_receipts(receipts, as_json=json_)
    if any(receipt["state"] not in ("loaded", "duplicate") for receipt in receipts):
        raise typer.Exit(NOT_LOADED)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The file to try.")],
    feed: Annotated[str | None, typer.Option(help="Judge it as this feed, whatever its name.")] = None,
    agency: Annotated[str | None, typer.Option(help="The agency, where several share a file name.")] = None,
    json_: Json = False,
) -> None:
    """Try a file before sending it: prints the receipt it would get. Nothing is stored, nothing is sent."""
    from flows.check import check_file, exit_code

    receipts = check_file(file, feed, agency)
    if json_:
        print_json([receipt.to_json() for receipt in receipts])
    else:
        typer.echo("\n\n".join(receipt.to_text(trial=True) for receipt in receipts))
    raise typer.Exit(exit_code(receipts))


@app.command()
def status(json_: Json = False, home: Home = None) -> None:
    """What is in the ledger, feed by feed, and whether it adds up."""
    from flows.display import show_status
    from flows.status import read_status

    with opened(home) as stores:
        found = read_status(stores)
    show_status(found, as_json=json_)


@app.command()
def publish(json_: Json = False, home: Home = None) -> None:
    """Recompute outcomes, swap in a new snapshot, write the report."""
    from flows.display import show_counts
    from flows.publish import publish as publish_now

    with opened(home) as stores:
        published = publish_now(stores)
    show_counts("published", published.to_json(), as_json=json_)


@app.command()
def sweep(json_: Json = False, home: Home = None) -> None:
    """Find what was missed: files, expired leases, abandoned staging, missing receipts."""
    from flows.display import show_counts
    from flows.once import sweep_once

    with opened(home) as stores:
        found = sweep_once(stores)
    show_counts("swept", found, as_json=json_)


@app.command("new-key")
def new_key() -> None:
    """Print a fresh master key; keep it apart from the database, for without it nothing opens."""
    import secrets

    typer.echo(secrets.token_hex(32))


if __name__ == "__main__":
    main()
