"""What a run shows in the Prefect UI: tables of counts under opaque ids, no identifier and no file's name."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from prefect.artifacts import create_markdown_artifact

SHOWN_APART: Final = 25
"""So many extracts of a run have an artifact each; storing one costs as much as taking a small extract."""
COUNTED: Final = ("received", "loaded", "rejected", "duplicate", "quarantined")


def show_receipts(receipts: Sequence[Mapping[str, Any]]) -> None:
    """One artifact an extract, its versions under the key ``extract-<id>``; of very many extracts one for all.

    A run that found nothing says so.
    """
    if len(receipts) > SHOWN_APART:
        create_markdown_artifact(receipt_table(receipts), key="extracts", description="What became of many extracts")
        return
    for receipt in receipts:
        create_markdown_artifact(
            receipt_table([receipt]), key=f"extract-{receipt['extract_id']}", description="What became of an extract"
        )
    if not receipts:
        create_markdown_artifact("Nothing was pending.", key="nothing-pending")


def show_batch(batch: Mapping[str, int] | None) -> None:
    """The counts of a link batch."""
    markdown = "Nothing was to be linked." if batch is None else counts_table(batch)
    create_markdown_artifact(markdown, key="link-batch", description="Subjects linked to persons")


def show_sweep(found: Mapping[str, int]) -> None:
    """The counts of a sweep."""
    create_markdown_artifact(counts_table(found), key="sweep", description="What had been missed")


def show_snapshot(published: Mapping[str, Any]) -> None:
    """What a snapshot consists of; paths stay out."""
    shown = {name: value for name, value in published.items() if isinstance(value, int) or name == "version"}
    create_markdown_artifact(counts_table(shown), key="snapshot", description="A published snapshot")


def receipt_table(receipts: Sequence[Mapping[str, Any]]) -> str:
    """Markdown: a line an extract."""
    head = ["extract", "feed", "state", "code", *COUNTED]
    rows = [
        [receipt["extract_id"], receipt["feed"], receipt["state"], receipt.get("code") or "", *_counts(receipt)]
        for receipt in receipts
    ]
    return _markdown(head, rows)


def counts_table(counts: Mapping[str, Any]) -> str:
    """Markdown: a line a count."""
    return _markdown(["what", "how many"], [[name.replace("_", " "), value] for name, value in counts.items()])


def _counts(receipt: Mapping[str, Any]) -> list[Any]:
    return [receipt[name] for name in COUNTED]


def _markdown(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
