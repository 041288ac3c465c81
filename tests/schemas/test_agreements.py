"""Agreements are found by being there; what contradicts one is refused."""

import datetime as dt
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import schemas.agreements
from schemas import catalogue
from schemas.agreement import Agreement, AgreementError, check_named
from schemas.contract import ManifestRule
from schemas.errors import ContractError, DeliveryRefused
from tests.schemas.small import feed


def agreement(**changes: Any) -> Agreement:
    terms = {"name": "town-1", "title": "Town", "purpose": "Research", "agencies": ("town",)}
    return Agreement(**{**terms, "begins": dt.date(2024, 1, 1), "ends": dt.date(2024, 12, 31), **changes})


def test_each_module_of_agreements_is_an_agreement() -> None:
    folder = Path(schemas.agreements.__path__[0])
    modules = {file.stem for file in folder.glob("*.py")} - {"__init__"}
    assert {found.module for found in catalogue.agreements().values()} == modules


def test_every_feed_is_delivered_under_an_agreement_that_names_its_agency() -> None:
    for one in catalogue.feeds().values():
        assert one.agency in catalogue.agreement_of(one).agencies


@pytest.mark.parametrize(
    ("changes", "term", "problem"),
    [
        ({"name": "Town 1"}, "name", "lower case"),
        ({"agencies": ()}, "agencies", "names none"),
        ({"agencies": ("town", "town")}, "agencies", "twice"),
        ({"purpose": " "}, "purpose", "not stated"),
        ({"ends": dt.date(2023, 12, 31)}, "ends", "before it begins"),
        ({"landing_days": 0}, "landing_days", "a day at least"),
        ({"quarantine_days": -1}, "quarantine_days", "a day at least"),
    ],
)
def test_an_agreement_that_contradicts_itself_is_refused(changes: dict[str, Any], term: str, problem: str) -> None:
    with pytest.raises(AgreementError, match=problem) as raised:
        agreement(**changes)
    assert f"{term!r}" in str(raised.value)


@pytest.mark.parametrize(
    ("found", "terms", "problem"),
    [
        (None, {}, "town-1 is stated by no module"),
        (agreement(agencies=("city",)), {}, "does not name the agency town"),
        (agreement(signed=True), {}, "not demanded and signed"),
        (agreement(signed=True), {"manifest": ManifestRule(signed=False)}, "not demanded and signed"),
    ],
)
def test_a_feed_that_contradicts_its_agreement_is_refused(
    found: Agreement | None, terms: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ContractError, match=problem):
        check_named(feed(**terms), found)


def test_a_feed_may_demand_more_than_its_agreement() -> None:
    check_named(feed(manifest=ManifestRule()), agreement(signed=True))
    check_named(feed(manifest=ManifestRule()), agreement())


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2023-12-31", "agreement_not_begun"),
        ("2024-01-01", None),
        ("2024-12-31", None),
        ("2025-01-01", "agreement_ended"),
    ],
)
def test_an_agreement_is_in_force_from_its_first_to_its_last_day(day: str, code: str | None) -> None:
    try:
        agreement().check_in_force(dt.date.fromisoformat(day))
        found = None
    except DeliveryRefused as refused:
        found = refused.code
    assert found == code


def test_an_agreement_without_an_end_stays_in_force() -> None:
    agreement(ends=None).check_in_force(dt.date(2999, 1, 1))


@pytest.mark.parametrize(
    ("stated", "problem"), [(None, "not stated by the module"), (agreement(), "not the name of its module")]
)
def test_a_module_states_one_agreement_of_its_own_name(
    stated: object, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("schemas.agreements.stray")
    module.__dict__["AGREEMENT"] = stated
    monkeypatch.setitem(sys.modules, "schemas.agreements.stray", module)
    with pytest.raises(ContractError, match=problem):
        catalogue._load_agreement("stray")
