"""`throughcare link`: link what was loaded; train, compare and adopt the model that links."""

import datetime as dt
from dataclasses import asdict
from typing import Annotated, Any, Final

import typer

from flows.commands import Home, Json, opened, print_json

link_app = typer.Typer(help="Link records to persons, and the model that does it.", invoke_without_command=True)

On = Annotated[
    str | None, typer.Option("--on", help="Score on this Spark (local[2], spark://host:7077, yarn) [this machine].")
]
MOVED_BITS: Final = 0.5
"""Levels whose weight changes by less are left out of what is shown; `--json` holds all."""


@link_app.callback()
def link(context: typer.Context, json_: Json = False, home: Home = None) -> None:
    """Link the records loaded since the last batch to persons."""
    if context.invoked_subcommand is not None:
        return
    from flows.display import show_counts
    from flows.link import link as link_new

    with opened(home) as stores:
        batch = link_new(stores)
    show_counts("linked", batch or {"subjects": 0}, as_json=json_)


@link_app.command()
def train(
    force: Annotated[bool, typer.Option("--force", help="Train on fewer records than are worth it.")] = False,
    seed: Annotated[int, typer.Option(help="Another seed draws other random pairs.")] = 1,
    on: On = None,
    json_: Json = False,
    home: Home = None,
) -> None:
    """Train a candidate on the linked records and print what a relink under it would change; nothing is linked."""
    from flows.display import Progress
    from identity.retraining import retrain

    with opened(home) as stores, Progress(hidden=json_) as progress:
        found = retrain(stores.vault, progress.say, force=force, seed=seed, scorer=_scorer(on))
    if json_:
        print_json({"version": found.version, **found.report})
    else:
        _show_training(found.version, found.report["training"])
        _show_changes(found.report["changes"])
        typer.echo(f"throughcare link promote {found.version} --reason … adopts it; the next batch relinks everything.")


@link_app.command()
def promote(
    version: Annotated[str, typer.Argument(help="The model, by its version; an earlier one is the way back.")],
    reason: Annotated[str, typer.Option(help="Why, in your words: kept in the vault.")],
    as_: Annotated[str | None, typer.Option("--as", help="Who promotes it, where the account is shared.")] = None,
    json_: Json = False,
    home: Home = None,
) -> None:
    """Adopt a model: the next batch relinks everything under it, and persons keep their keys where they can."""
    from flows.display import show_counts
    from flows.owner import person
    from identity.promotion import adopt

    who = f"{as_} via {person()}" if as_ else person()
    with opened(home) as stores:
        standing = adopt(stores.vault, version, who, reason)
    told = {name: getattr(standing, name) for name in ("version", "state", "promoted_at", "promoted_by", "reason")}
    show_counts("promoted", told, as_json=json_)


@link_app.command()
def status(json_: Json = False, home: Home = None) -> None:
    """Which model links, how much is linked, what waits."""
    from flows.display import console, rows_table, show_counts
    from identity.retraining import status as read_status

    with opened(home) as stores:
        found = asdict(read_status(stores.vault))
    models = found.pop("models")
    if json_:
        print_json(found | {"models": models})
        return
    show_counts("link", found, as_json=False)
    shown = ("version", "state", "made_at", "promoted_at", "promoted_by", "reason")
    rows = [{name: _to_the_minute(model[name]) for name in shown} for model in models]
    console().print(rows_table("Models", rows))


@link_app.command()
def relink(
    rehearse: Annotated[bool, typer.Option("--rehearse", help="Store nothing: print what it would change.")] = False,
    on: On = None,
    json_: Json = False,
    home: Home = None,
) -> None:
    """Link everything anew under the present model, on this machine or on Spark; persons keep their keys."""
    from flows.display import show_counts
    from flows.link import link as link_all
    from identity.retraining import relink as rehearsed

    with opened(home) as stores:
        if not rehearse:
            batch = link_all(stores, scorer=_scorer(on), anew=True)
            show_counts("relinked", batch or {"subjects": 0}, as_json=json_)
            return
        found = rehearsed(stores.vault, _scorer(on))
    if json_:
        print_json(found)
    else:
        _show_changes(found)


def _to_the_minute(value: object) -> object:
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, dt.datetime) else value


def _scorer(on: str | None) -> Any:  # noqa: ANN401 - a Scorer, imported late
    if on is None:
        return None
    from identity.spark import scorer

    return scorer(on)


def _show_training(version: str, report: dict[str, Any]) -> None:
    from flows.display import console, counts_table, rows_table

    parameters = report["parameters"]
    told = {name: report[name] for name in ("from_model", "identities", "random_pairs", "seconds")}
    told |= {"prior, never trained": f"1 in {round(1 / report['prior']):,}"}
    told |= {f"pairs agreeing in {name}": pairs for name, pairs in report["agreeing_pairs"].items()}
    told |= {"levels_that_keep_a_parameter": sum(bool(row["pinned"]) for row in parameters)}
    console().print(counts_table(f"candidate {version}", told))
    columns = ("comparison", "level", "bits_before", "bits", "matching_pairs", "random_pairs", "pinned")
    moved = [row for row in parameters if abs(row["bits"] - row["bits_before"]) >= MOVED_BITS]
    if moved:
        console().print(rows_table("Weights that change", [{name: row[name] for name in columns} for row in moved]))


def _show_changes(found: dict[str, Any]) -> None:
    from flows.display import console, counts_table, rows_table

    counts = {name: value for name, value in found.items() if name not in ("by", "contradicted")}
    counts |= {f"decisions: {name}": value for name, value in found["contradicted"].items()}
    console().print(counts_table("a relink would change", counts))
    rows = [{**row, **{name: "≤7" for name in ("people", "moved") if row[name] is None}} for row in found["by"]]
    console().print(rows_table("People whose records would move", rows))
