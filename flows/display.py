"""What the command line shows: rich tables for people, one line of JSON for machines."""

import json
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from warehouse.store.extract import Extract

COUNTED: Final = ("received", "loaded", "rejected", "duplicate", "quarantined")
_WIDTH: Final = 140
_STATE_STYLES: Final = {
    "loaded": "green",
    "duplicate": "cyan",
    "refused": "red",
    "held": "yellow",
    "quarantined": "red",
}


class Progress:
    """One line that says which extract is in which stage; silent where nobody watches."""

    def __init__(self, *, hidden: bool) -> None:
        """Write to standard error, so that results can be piped."""
        console = Console(stderr=True)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._bar = Bar(*columns, console=console, transient=True, disable=hidden or not console.is_terminal)
        self._task = self._bar.add_task("looking into the intake folder")

    def __enter__(self) -> "Progress":
        """Start."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave no trace on the screen."""
        self.stop()

    def stop(self) -> None:
        """Go before the end; stopping again does nothing."""
        self._bar.stop()

    def stage(self, extract: Extract, name: str) -> None:
        """An extract enters a stage."""
        self.say(f"extract {extract.extract_id} · {extract.feed} · {name}")

    def say(self, text: str) -> None:
        """Something else goes on."""
        self._bar.update(self._task, description=text)


def console() -> Console:
    """Standard output; of a readable width where it is no terminal."""
    found = Console()
    return found if found.is_terminal else Console(width=_WIDTH)


def print_json(value: object) -> None:
    """One line."""
    print(json.dumps(value, default=str, separators=(",", ":")), flush=True)


def show_receipts(receipts: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """A line an extract, and the sums."""
    if as_json:
        print_json({"extracts": receipts})
    else:
        console().print(receipts_table(receipts))


def receipts_table(receipts: Sequence[Mapping[str, Any]]) -> Table:
    """What became of each extract."""
    table = _table("Extracts", ["extract", "feed", "state", *COUNTED], numbers=COUNTED, footer=True)
    for receipt in receipts:
        state, code = receipt["state"], receipt.get("code")
        style = _STATE_STYLES.get(state, "")
        shown = f"[{style}]{state}[/]" + (f" ({code})" if code else "")
        table.add_row(str(receipt["extract_id"]), receipt["feed"], shown, *(f"{receipt[name]:,}" for name in COUNTED))
    for column, name in zip(table.columns[3:], COUNTED, strict=True):
        column.footer = f"{sum(receipt[name] for receipt in receipts):,}"
    return table


def show_counts(title: str, counts: Mapping[str, Any], *, as_json: bool) -> None:
    """A few named numbers."""
    if as_json:
        print_json(dict(counts))
    else:
        console().print(counts_table(title, counts))


def counts_table(title: str, counts: Mapping[str, Any]) -> Table:
    """A line a count."""
    table = _table(title, ["what", "value"], numbers=("value",))
    for name, value in counts.items():
        table.add_row(name.replace("_", " "), _cell(value))
    return table


def rows_table(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """Records with the same keys, a line each; numbers to the right, shares with three digits."""
    head = list(rows[0]) if rows else []
    numbers = [name for name in head if any(isinstance(row[name], int | float) for row in rows)]
    table = _table(title, head, numbers=numbers)
    for row in rows:
        table.add_row(*(_cell(row[name]) for name in head))
    return table


def show_addresses(addresses: Mapping[str, str], *, as_json: bool) -> None:
    """Where the running installation is to be found."""
    if as_json:
        print_json(dict(addresses))
        return
    out = console()
    out.print(f"[bold]Throughcare is up.[/] UI [link]{addresses['ui']}[/]")
    out.print(f"User and password of the UI: {addresses['credentials_file']}")
    out.print(f"Drop files into {addresses['intake']}/<agency>/ · stop with Ctrl-C")


def show_feeds(*, as_json: bool) -> None:
    """The declared feeds, in the order of their names."""
    from schemas.catalogue import feeds
    from schemas.words import rhythm_in_words

    rows = [
        {
            "feed": feed.name, "agency": feed.agency, "files": feed.files,
            "delivery": f"{type(feed.delivery).__name__.lower()}, {rhythm_in_words(feed.delivery)}",
            "title": feed.title,
        }
        for feed in feeds().values()
    ]  # fmt: skip
    if as_json:
        print_json({"feeds": rows})
    else:
        console().print(rows_table("Feeds", rows))


def show_status(found: Mapping[str, Any], *, as_json: bool) -> None:
    """The ledger by feed, and what does not add up."""
    if as_json:
        print_json(dict(found))
        return
    out = console()
    out.print(rows_table("Ledger", found["feeds"]))
    out.print(counts_table("Now", {name: value for name, value in found.items() if name != "feeds"}))


def show_checks(checks: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """A line a store, and what is wrong in it."""
    if as_json:
        print_json({"sound": not any(one["faults"] for one in checks), "stores": checks})
        return
    table = _table("Verified", ["store", "checked", "found"])
    for one in checks:
        found = "[green]as it was[/]" if not one["faults"] else "[red]" + "\n".join(one["faults"]) + "[/]"
        table.add_row(one["store"], one["checked"], found)
    console().print(table)


def _table(title: str, head: Sequence[str], numbers: Sequence[str] = (), *, footer: bool = False) -> Table:
    table = Table(title=title, title_justify="left", show_footer=footer)
    for name in head:
        table.add_column(name.replace("_", " "), justify="right" if name in numbers else "left", overflow="fold")
    return table


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return "" if value is None else str(value)
