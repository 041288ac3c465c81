"""The split: what goes into the vault, what comes out, and that doing it twice changes nothing."""

from collections.abc import Iterator

import polars as pl
import pytest
import sqlalchemy as sa

from identity.keys import VaultKeys
from identity.split import split, split_batches
from identity.vault import Vault
from schemas.contract import Column, Drop, EachRow, Identify, Keep, Key, NoSubject, Text, Via
from schemas.errors import DeliveryRefused, SettingsError, StoreError
from tests.identity.feeds import PEER, PROBATION, feed, rows

CHARGES = feed(
    "court",
    "charges",
    (
        Column("Case", Text(), "Case", Key("court.case"), Key("court.case_party", 1)),
        Column("Party", Text(), "Party of the case", Key("court.case_party", 2)),
        Column("Number", Text(), "Number", Key("court.number"), null=True),
        Column("Name", Text(), "Name", Identify("full_name"), null=True),
        Column("Zip", Text(), "ZIP", Identify("zip"), Keep(as_="zip3"), null=True),
        Column("Note", Text(), "Free text", Drop(), null=True),
    ),
    Key("court.number"),
    ("Case", "Party"),
)
HEARINGS = feed(
    "court",
    "hearings",
    (
        Column("Case", Text(), "Case", Key("court.case_party", 1)),
        Column("Party", Text(), "Party of the case", Key("court.case_party", 2)),
    ),
    Via("court.case_party"),
    ("Case", "Party"),
)
CASE = {"Case": "C1", "Party": "1", "Number": "77", "Name": "SMITH, ANN", "Zip": "60601", "Note": "secret"}


def count(vault: Vault, table: str) -> int:
    with vault.engine.connect() as connection:
        return int(connection.scalar(sa.text(f"SELECT count(*) FROM vault.{table}")) or 0)


def test_content_has_no_identifier_and_no_number(vault: Vault) -> None:
    content = split(vault, CHARGES, 1, rows(CHARGES, CASE), via={"court.case_party"})
    assert content.columns == [
        "row_number", "source_key", "version", "subject_id", "key:court.case", "key:court.case_party",
        "key:court.number", "Zip", "Day",
    ]  # fmt: skip
    text = str(content.to_dicts())
    assert not any(value in text for value in ("C1", "77'", "SMITH", "60601", "secret"))
    assert content["Zip"].to_list() == ["606"]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_an_extract_in_batches_is_split_as_one(vault: Vault, size: int) -> None:
    cells = [
        CASE | {"Case": f"C{place % 3}", "Number": str(place % 4), "Name": f"SMITH, {place % 2}"} for place in range(7)
    ]
    accepted = rows(CHARGES, *cells)
    batches = [accepted[start : start + size] for start in range(0, accepted.height, size)]
    batched = pl.concat(split_batches(vault, CHARGES, 1, batches, via={"court.case_party"}))
    assert count(vault, "record") == 4
    assert count(vault, "key") == 4 + 3 + 3
    assert batched.equals(split(vault, CHARGES, 1, accepted, via={"court.case_party"}))
    assert (count(vault, "record"), count(vault, "key")) == (4, 10)


def test_a_batch_that_cannot_be_had_leaves_nothing_staged(vault: Vault) -> None:
    def broken() -> Iterator[pl.DataFrame]:
        yield rows(CHARGES, CASE)
        raise DeliveryRefused("count_mismatch")

    with pytest.raises(DeliveryRefused):
        list(split_batches(vault, CHARGES, 1, broken()))
    assert count(vault, "extract") == count(vault, "record") == 0


def test_the_same_words_are_the_same_version_and_others_another(vault: Vault) -> None:
    cells = [CASE, CASE | {"Name": "SMITH, JO"}, CASE]
    versions = [split(vault, CHARGES, place, rows(CHARGES, cell))["version"].item() for place, cell in enumerate(cells)]
    assert versions[0] == versions[2] != versions[1]


def test_the_vault_holds_no_clear_text(vault: Vault) -> None:
    split(vault, CHARGES, 1, rows(CHARGES, CASE), via={"court.case_party"})
    with vault.engine.connect() as connection:
        for table in ("extract", "namespace", "key", "record", "sighting", "alias"):
            content = connection.execute(sa.text(f"SELECT t::text FROM vault.{table} AS t")).scalars().all()
            assert not any("SMITH" in row or "534d495448" in row for row in content)


def test_equal_identifiers_under_a_number_are_one_identity(vault: Vault) -> None:
    other = {**CASE, "Case": "C2"}
    moved = {**CASE, "Case": "C3", "Zip": "10001"}
    twin = {**CASE, "Case": "C4", "Number": "78"}
    subjects = split(vault, CHARGES, 1, rows(CHARGES, CASE, other, moved, twin), via=())["subject_id"].to_list()
    assert subjects[0] == subjects[1]
    assert len(set(subjects)) == 3
    assert count(vault, "record") == 3


def test_bare_rows_are_about_the_number_and_via_rows_about_the_alias(vault: Vault) -> None:
    bare = {"Case": "C9", "Party": "1", "Number": "77", "Zip": "60601"}
    charges = split(vault, CHARGES, 1, rows(CHARGES, CASE, bare), via={"court.case_party"})
    assert charges["subject_id"][0] != charges["subject_id"][1]
    assert charges["subject_id"][1] == charges["key:court.number"][1]
    hearings = split(vault, HEARINGS, 2, rows(HEARINGS, CASE))
    assert hearings["subject_id"].to_list() == [charges["key:court.case_party"][0]]
    assert count(vault, "alias") == 2


def test_without_number_and_identifiers_a_row_has_no_subject(vault: Vault) -> None:
    content = split(vault, CHARGES, 1, rows(CHARGES, {"Case": "C1", "Party": "1"}), via={"court.case_party"})
    assert content["subject_id"].to_list() == [None]


def test_each_row_is_an_identity_of_its_own(vault: Vault) -> None:
    name = Column("Name", Text(), "Name", Identify("full_name"))
    letters = feed("desk", "letters", (name, Column("No", Text(), "Number", Key("desk.no"))), EachRow(), ("No",))
    content = split(vault, letters, 1, rows(letters, {"Name": "A B", "No": "1"}, {"Name": "A B", "No": "2"}), via=())
    assert content["subject_id"].n_unique() == 2


def test_rows_about_nobody_have_no_subject(vault: Vault) -> None:
    groups = feed("desk", "groups", (Column("No", Text(), "Number", Key("desk.group")),), NoSubject(), ("No",))
    content = split(vault, groups, 1, rows(groups, {"No": "1"}), via=())
    assert content["subject_id"].to_list() == [None]
    assert content["key:desk.group"].null_count() == 0


def test_splitting_again_changes_nothing(vault: Vault) -> None:
    table = rows(CHARGES, CASE, {**CASE, "Case": "C2", "Name": "JONES, BO"})
    first = split(vault, CHARGES, 1, table, via={"court.case_party"})
    counts = [count(vault, name) for name in ("key", "record", "sighting", "alias")]
    assert split(vault, CHARGES, 1, table, via={"court.case_party"}).equals(first)
    assert [count(vault, name) for name in ("key", "record", "sighting", "alias")] == counts


def test_a_later_delivery_finds_the_same_ids(vault: Vault) -> None:
    first = split(vault, CHARGES, 1, rows(CHARGES, CASE), via=())
    vault.confirm(1)
    second = split(vault, CHARGES, 2, rows(CHARGES, {**CASE, "Case": "C2"}, CASE), via=())
    assert second["subject_id"].to_list() == first["subject_id"].to_list() * 2
    assert second["source_key"][1] == first["source_key"][0]
    assert count(vault, "record") == 1


def test_key_parts_do_not_run_into_each_other(vault: Vault) -> None:
    table = rows(CHARGES, {**CASE, "Case": "C1", "Party": "11"}, {**CASE, "Case": "C11", "Party": "1"})
    content = split(vault, CHARGES, 1, table, via=())
    assert content["key:court.case_party"].n_unique() == 2
    assert content["source_key"].n_unique() == 2


def test_the_same_value_in_another_namespace_has_another_surrogate(vault: Vault) -> None:
    one = split(vault, PEER, 1, rows(PEER, {"Number": "5"}), via=())
    other = split(vault, PROBATION, 2, rows(PROBATION, {"Number": "5"}), via=())
    assert one["subject_id"][0] != other["subject_id"][0]


def test_discarding_forgets_what_only_the_extract_brought(vault: Vault) -> None:
    split(vault, CHARGES, 1, rows(CHARGES, CASE), via={"court.case_party"})
    vault.confirm(1)
    split(vault, CHARGES, 2, rows(CHARGES, CASE, {**CASE, "Name": "JONES, BO"}), via={"court.case_party"})
    assert vault.staged() == (2,)
    vault.discard(2)
    assert (count(vault, "record"), count(vault, "sighting"), vault.staged()) == (1, 1, ())
    vault.discard(1)
    assert count(vault, "record") == 1


def test_an_empty_delivery_splits(vault: Vault) -> None:
    assert split(vault, CHARGES, 1, rows(CHARGES), via=()).height == 0


def test_another_master_key_cannot_go_on(vault: Vault) -> None:
    split(vault, CHARGES, 1, rows(CHARGES, CASE), via=())
    stranger = Vault(vault.engine.url.render_as_string(hide_password=False), VaultKeys.from_master(b"z" * 32))
    with pytest.raises(StoreError):
        split(stranger, CHARGES, 1, rows(CHARGES, CASE), via=())
    stranger.close()


def test_a_short_master_key_is_refused() -> None:
    with pytest.raises(SettingsError):
        VaultKeys.from_master(b"short")


def test_errors_carry_no_value_and_no_cause(vault: Vault) -> None:
    broken = rows(CHARGES, CASE).drop("Zip").with_columns(Zip=pl.struct("Name"))
    with pytest.raises(StoreError) as caught:
        split(vault, CHARGES, 1, broken.with_columns(pl.lit("x").alias("row_number")), via=())
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "SMITH" not in str(caught.value)


def test_keys_do_not_show_in_a_repr() -> None:
    assert "\\x" not in repr(VaultKeys.from_master(bytes(range(32))))
