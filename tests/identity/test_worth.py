"""What an agency vouches for overrules weights and rules, and only where both sides vouch."""

from dataclasses import replace

import polars as pl
import pytest

from identity import fields
from identity.keys import ProjectKey
from identity.vault import Vault
from schemas.contract import Column, Feed, Identify, Text
from schemas.errors import ContractError
from schemas.words import use_in_words
from tests.identity.crowd import crowd
from tests.identity.feeds import COURT, PROBATION, rows
from tests.identity.town import Town

NAME = {"given_name": "Odalys", "surname": "Brannock", "birth_date": "1984-06-01", "sex": "F"}
OTHER = {"given_name": "Thaddeus", "surname": "Quillfeather", "birth_date": "1951-11-23", "sex": "M"}


def vouching(feed: Feed, **worth: bool) -> Feed:
    """The feed, whose agency vouches for its state ids."""

    def said(column: Column) -> Column:
        if column.name != "state_id":
            return column
        return Column("state_id", column.type, column.meaning, Identify("state_id", **worth), null=True)

    return replace(feed, columns=tuple(said(column) for column in feed.columns))


def court(said: dict[str, str], **more: str) -> dict[str, str]:
    name = f"{said['surname']}, {said['given_name']}".upper()
    return {"full_name": name, "birth_date": said["birth_date"], "sex": said["sex"], **more}


@pytest.fixture
def town(vault: Vault, project: ProjectKey) -> Town:
    return Town(vault, project)


def are_one(town: Town, first: Feed, second: Feed, one: dict[str, str], other: dict[str, str]) -> bool:
    a, b = town.deliver(first, {"Number": "1", **one}), town.deliver(second, {"Number": "2", **other})
    town.link()
    return town.who(a) == town.who(b)


@pytest.mark.parametrize("vouched", [True, False])
def test_two_verified_numbers_that_differ_are_two_people(vouched: bool, town: Town) -> None:
    near = {"ssn_last4": "1234", "state_id": "CA1112223"}
    feeds = [vouching(feed, verified=vouched) for feed in (PROBATION, replace(PROBATION, name="probation_other"))]
    other = {**NAME, "ssn_last4": "1234", "state_id": "CA9998887"}
    assert are_one(town, feeds[0], feeds[1], {**NAME, **near}, other) is not vouched


def test_one_number_of_an_agency_does_not_join_two_verified_ones(town: Town) -> None:
    feed = vouching(PROBATION, verified=True)
    extract = town.deliver(
        feed, {"Number": "7", **NAME, "state_id": "CA1112223"}, {"Number": "7", **NAME, "state_id": "CA9998887"}
    )
    town.link()
    first, second = town.who(extract)
    assert first != second


@pytest.mark.parametrize("vouched", [True, False])
def test_records_of_one_unique_number_are_one_person_whatever_else_they_say(vouched: bool, town: Town) -> None:
    feeds = [vouching(feed, unique=vouched) for feed in (COURT, PROBATION)]
    one, other = court(NAME, state_id="CA1112223"), {**OTHER, "state_id": "CA1112223"}
    assert are_one(town, feeds[0], feeds[1], one, other) is vouched


def test_what_one_side_alone_vouches_for_overrules_nothing(town: Town) -> None:
    one, other = court(NAME, state_id="CA1112223"), {**OTHER, "state_id": "CA1112223"}
    assert not are_one(town, vouching(COURT, unique=True), PROBATION, one, other)


def test_verified_numbers_that_differ_go_before_unique_ones_that_agree(town: Town) -> None:
    feed = vouching(PROBATION, unique=True)
    columns = (*feed.columns, Column("ssn", Text(), "ssn", Identify("ssn", verified=True), null=True))
    both = replace(feed, columns=columns)
    extract = town.deliver(
        both, {"Number": "1", **NAME, "state_id": "CA1112223", "ssn": "219-09-9999"},
        {"Number": "2", **NAME, "state_id": "CA1112223", "ssn": "457-55-5462"},
    )  # fmt: skip
    town.link()
    first, second = town.who(extract)
    assert first != second


def people(count: int) -> list[dict[str, str]]:
    """So many people with nothing in common but a state id."""
    made = crowd(2 * count)[0].unique("surname", maintain_order=True).head(count)
    said = made.select("birth_date", given_name="given", surname="surname").with_columns(state_id=pl.lit("CA0000001"))
    return [{"Number": str(number), **row} for number, row in enumerate(said.iter_rows(named=True))]


def test_a_unique_number_under_which_a_crowd_stands_identifies_nobody(town: Town) -> None:
    many = people(70)
    extract = town.deliver(vouching(PROBATION, unique=True), *many)
    town.link()
    assert len(set(town.who(extract))) > len(many) - 5


@pytest.mark.parametrize("vouched", [True, False])
def test_a_few_people_under_one_number_are_one_only_where_it_is_vouched_for(vouched: bool, town: Town) -> None:
    few = people(5)
    extract = town.deliver(vouching(PROBATION, unique=vouched), *few)
    town.link()
    assert len(set(town.who(extract))) == (1 if vouched else 5)


def test_what_is_vouched_for_is_part_of_a_record_and_no_value_of_it() -> None:
    (text,) = fields.as_text(vouching(PROBATION, verified=True, unique=True), rows(PROBATION, {**NAME, "Number": "1"}))
    assert "vouched=verified:state_id;unique:state_id" in text
    assert "vouched" not in fields.parsed(text.encode())
    (plain,) = fields.as_text(PROBATION, rows(PROBATION, {**NAME, "Number": "1"}))
    assert "vouched" not in plain


def test_only_numbers_that_are_issued_to_people_can_be_vouched_for() -> None:
    with pytest.raises(ContractError, match="vouches for what is no number issued to people"):
        replace(PROBATION, columns=(*PROBATION.columns, Column("m", Text(), "m", Identify("phone", unique=True))))
    assert "state id, verified" in use_in_words(Identify("state_id", verified=True))
