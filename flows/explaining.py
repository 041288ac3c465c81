"""What the vault says of a participant, with the dates that the ledger has; no identifier."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from flows.stores import Stores

if TYPE_CHECKING:
    pass


def explained(stores: Stores, participant: str) -> dict[str, Any]:
    """The explanation as JSON has it; each member with the day it is known from (``known_from``)."""
    from identity.explain import explain

    found = explain(stores.vault, stores.project, participant).to_json()
    days = _days(stores, {member["first_extract"] for member in found["members"]} - {None})
    for member in found["members"]:
        member["known_from"] = days.get(member["first_extract"])
    return found


def draw(found: Mapping[str, Any]) -> None:
    """Print it for people."""
    from flows.display import console, rows_table

    out = console()
    out.print(_headline(found), highlight=False)
    tables = {
        "Records, numbers and aliases": (_member(member) for member in found["members"]),
        "Numbers that hold records together": (
            {"number": number, "records": " ".join(records)} for number, records in found["numbers"].items()
        ),
        "Pairs of records": map(_edge, found["edges"]),
        "Not joined: records of other participants": map(_edge, found["neighbours"]),
        "Decisions of reviewers": map(_ruling, found["decisions"]),
        "How the key came about": map(_event, found["history"]),
    }
    for title, rows in tables.items():
        listed = list(rows)
        if listed:
            out.print(rows_table(title, listed))


def _days(stores: Stores, extracts: Iterable[int]) -> dict[int, str]:
    days = {}
    for extract_id in extracts:
        with suppress(LookupError):
            extract = stores.ledger.get(extract_id)
            days[extract_id] = (extract.as_of or extract.arrived_at.date()).isoformat()
    return days


def _headline(found: Mapping[str, Any]) -> str:
    text = f"Participant {found['participant']} (key version {found['key_version']}), {found['status']}"
    if found["percent"]:
        text += f"; the key asked for is of a part of it, at threshold .{found['percent']}"
    others = [key for key in found["now"] if key != found["participant"]]
    return text + (f"; now {', '.join(others)}" if others else "")


def _member(member: Mapping[str, Any]) -> dict[str, Any]:
    probability = f"{member['probability']:.3f}"
    row = f" row {member['row_number']}" if member["row_number"] else ""
    return {
        "label": member["label"], "agency": member["agency"] or "", "feed": member["feed"] or "",
        "first": f"extract {member['first_extract']}{row}", "known_from": member["known_from"] or "",
        "number": member["number"] or "", "fields": " ".join(member["fields"]), "probability": probability,
    }  # fmt: skip


def _edge(edge: Mapping[str, Any]) -> dict[str, Any]:
    steps = ", ".join(f"{comparison} {level} {bits:+.1f}" for comparison, level, bits in edge["steps"])
    return {
        "left": edge["left"], "right": edge["right"], "bits": f"{edge['weight']:+.1f}",
        "probability": f"{edge['probability']:.4f}", "rule": "forbids it" if edge["vetoed"] else "", "because": steps,
    }  # fmt: skip


def _ruling(ruling: Mapping[str, Any]) -> dict[str, Any]:
    said = "one person" if ruling["together"] else "two people"
    undone = escape(f"undone by {ruling['undone_by']}: {ruling['undo_reason']}") if ruling["undone_by"] else ""
    return {
        "decision": ruling["decision_id"], "left": ruling["left"], "right": ruling["right"], "says": said,
        "reviewer": escape(ruling["reviewer"]), "reason": escape(ruling["reason"]),
        "when": f"{ruling['decided_at']:%Y-%m-%d}", "undone": undone,
    }  # fmt: skip


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "batch": event["batch_id"], "when": f"{event['made_at']:%Y-%m-%d}", "what": event["kind"],
        "from": event["from_key"] or "", "to": event["to_key"] or "", "subjects": event["subjects"] or "",
        "model": event["model_version"], "because": event["reason"] or "",
    }  # fmt: skip
