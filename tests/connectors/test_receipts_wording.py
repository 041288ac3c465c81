"""Every code that can end a delivery has a sentence, and says what to do."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import connectors.manifest
from connectors.receipts import Receipt
from connectors.wording import CODES, CORRECTIONS, EXPECTATIONS, Wording, correction, said
from schemas.codes import ROW_RULES
from tests.connectors.test_receipts import RECEIPT

HOUSE = Path(__file__).parents[2]
REFUSING = frozenset(
    {"DeliveryRefused", "refuse", "_refuse", "kept", "refuse_nested", "abandoned_receipt", "_quarantine"}
)
NAMED = frozenset(
    {"code", "refusal", "problem", "NO_FEED", "HELD", "REFUSED", "SEQUENCE_GAP", "SEQUENCE_CONFLICT", "SAME_DAY"}
)


def raised(tree: ast.AST) -> Iterator[str]:
    """The texts that are given as a code: to what refuses, to a variable of that name, as values of a map of them."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args) if name in REFUSING:
                yield from _texts(args)
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                if name in NAMED:
                    yield from _texts([value])
                if name == "_REFUSALS" and isinstance(value, ast.Dict):
                    yield from _texts(value.values)


def _texts(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            yield node.value
        elif isinstance(node, ast.IfExp):
            yield from _texts([node.body, node.orelse])


def codes_in_source() -> set[str]:
    files = [path for room in ("connectors", "schemas", "flows", "warehouse") for path in (HOUSE / room).rglob("*.py")]
    return {code for path in files for code in raised(ast.parse(path.read_text()))} | set(connectors.manifest.CODES)


def test_every_code_in_the_source_has_a_sentence() -> None:
    found = codes_in_source()
    # What the search must find, lest it pass idly.
    assert found >= {"unclosed_quote", "bad_gzip", "bad_workbook", "worker_lost", "no_feed", "same_day", "zip_bomb"} | {
        "refused_after_review", "manifest_total", "agreement_ended", "record_too_long", "held", "parquet_too_large",
    }  # fmt: skip
    assert found - set(CODES) - {"loaded", "refused", "duplicate"} == set()


def test_every_rule_of_a_row_says_how_to_correct_it() -> None:
    assert set(ROW_RULES) <= set(CORRECTIONS)
    assert correction("a_rule_to_come")


def test_every_expectation_that_can_fail_says_what_to_do() -> None:
    tree = ast.parse((HOUSE / "schemas" / "delivery.py").read_text())
    made = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_Term"
        if isinstance(node.args[0], ast.Constant)
    }
    assert {"rows", "drift", "future"} <= made <= set(EXPECTATIONS)


@pytest.mark.parametrize("wording", [*CODES.values(), said("unheard_of"), said("unexpected_ValueError")], ids=str)
def test_what_is_said_are_sentences(wording: Wording) -> None:
    for sentence in (wording.says, wording.do, *EXPECTATIONS.values(), *CORRECTIONS.values()):
        assert sentence[0].isupper()
        assert sentence[-1] == "."


def test_a_code_without_words_of_its_own_is_named() -> None:
    assert said("unheard_of").says == "Reason: unheard of."
    assert said("unexpected_KeyError") == CODES["unexpected"]


@pytest.mark.parametrize("state", ["loaded", "refused", "held", "quarantined", "duplicate", "a_state_to_come"])
@pytest.mark.parametrize("code", [None, "held", "unheard_of"])
def test_every_receipt_says_what_to_do_next(state: str, code: str | None) -> None:
    receipt = Receipt(
        extract_id=1, feed="f", title="F", agency="a", file="0" * 12, size=0, arrived_at=RECEIPT.arrived_at,
        state=state, code=code,
    )  # fmt: skip
    for trial in (False, True):
        assert receipt.to_text(trial=trial).split("What to do next:\n\n  ")[1].strip()
        assert "<li>" in receipt.to_html(trial=trial)
