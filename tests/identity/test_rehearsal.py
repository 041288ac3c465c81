"""What a relink would change: nothing under the model that linked, counts without a trace of anybody otherwise."""

import polars as pl
import pytest

from identity import training
from identity.keys import ProjectKey
from identity.link import link
from identity.model import Model, shipped
from identity.promotion import adopt, standings
from identity.rehearsal import BEFORE, Records, by_duckdb, changes, edges
from identity.retraining import relink, retrain, status
from identity.training import TooFew
from identity.vault import Vault
from tests.identity.crowd import crowd
from tests.identity.feeds import PROBATION, known_by
from tests.identity.town import Town

PEOPLE = 300


def silent(text: str) -> None:
    """Nobody watches."""


@pytest.fixture
def town(vault: Vault, project: ProjectKey) -> Town:
    """A town in which one agency delivered a crowd, linked."""
    town = Town(vault, project)
    standard, _ = crowd(PEOPLE)
    said = standard.select("birth_date", "sex", given_name="given", surname="surname", ssn_last4="ssn4")
    rows = enumerate(said.iter_rows(named=True))
    town.deliver(PROBATION, *({"Number": str(number), **row} for number, row in rows))
    town.link()
    return town


def test_a_candidate_is_kept_with_its_report_and_links_nothing(
    vault: Vault, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "RANDOM_PAIRS", 20_000)
    before = town.partition()
    with pytest.raises(TooFew):
        retrain(vault, silent)
    found = retrain(vault, silent, force=True)
    kept = {one.version: one for one in standings(vault)}
    assert kept[found.version].state == "candidate"
    assert kept[found.version].report["changes"]["records"] == 2 * PEOPLE
    assert town.link() is None
    assert town.partition() == before


@pytest.mark.usefixtures("town")
def test_a_relink_under_the_present_model_would_change_nothing(vault: Vault) -> None:
    found = relink(vault)
    assert (found["merges"], found["splits"], found["moved"]) == (0, 0, 0)
    assert found["persons_before"] == found["persons_after"]


def test_values_that_too_many_carry_identify_nobody_in_a_rehearsal_either(vault: Vault, town: Town) -> None:
    clients = known_by("coc", "given_name", "surname", "ssn", "birth_date", "sex")
    hashed = {"given_name": "a3" * 32, "surname": "b4" * 32, "ssn": "c5" * 32, "sex": "M"}
    births = [f"19{60 + i // 4}-0{1 + i % 2}-11" for i in range(90)]
    rows = ({"Number": str(i), **hashed, "birth_date": birth} for i, birth in enumerate(births))
    town.deliver(clients, *rows)
    town.link()
    found = relink(vault)
    assert (found["merges"], found["splits"], found["records"]) == (0, 0, 2 * PEOPLE + len(births))


@pytest.mark.usefixtures("town")
def test_what_was_rehearsed_is_what_the_next_batch_does(
    vault: Vault, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "RANDOM_PAIRS", 20_000)
    found = retrain(vault, silent, force=True)
    adopt(vault, found.version, "ines", "trial")
    assert status(vault).linked_by == shipped().version
    batch = town.link([])
    assert batch is not None
    assert batch.model_version == found.version == status(vault).linked_by
    told = found.report["changes"]
    assert (batch.merges, batch.splits) == (told["merges"], told["splits"])
    assert len(town.partition()) == told["persons_after"]


def test_a_scorer_elsewhere_is_asked_once_and_its_pairs_link_the_same(
    vault: Vault, town: Town, project: ProjectKey
) -> None:
    asked: list[int] = []

    def elsewhere(standard: pl.DataFrame, keys: pl.DataFrame, wanted: pl.DataFrame, model: Model) -> pl.DataFrame:
        asked.append(standard.height)
        return by_duckdb(standard, keys, wanted, model)

    before = town.partition()
    batch = link(vault, [], project, scorer=elsewhere, anew=True)
    assert batch is not None
    assert (batch.merges, batch.splits, asked) == (0, 0, [2 * PEOPLE])
    vault.applied(batch.batch_id)
    assert set(batch.rows["participant_key"].to_pylist()) == {key for key, _ in town.links.values()}
    assert town.partition() == before


def rehearsed(people: int = 60) -> tuple[Records, pl.DataFrame]:
    standard, truth = crowd(people)
    ids = standard["identity_id"]
    numbers = pl.DataFrame({"identity_id": ids, "number_id": ids * 0, "rank": ids})
    before = truth.with_columns(person_id=pl.col("person").cast(pl.String).str.pad_start(32, "0"))
    decided = pl.DataFrame(schema={"left_id": pl.Int64, "right_id": pl.Int64, "together": pl.Boolean})
    return Records(standard, numbers, before.select(list(BEFORE)), decided, b"k" * 32), truth


def test_small_counts_are_not_shown_and_cannot_be_told_from_the_rest() -> None:
    records, truth = rehearsed()
    person = truth["person"].unique().sort()
    apart = truth.filter(pl.col("person") <= person[2]).with_columns(
        person_id=pl.col("identity_id").cast(pl.String).str.pad_start(32, "f")
    )
    before = pl.concat([records.before.join(apart, on="identity_id", how="anti"), apart.select(list(BEFORE))])
    split = Records(records.standard, records.numbers, before, records.decided, records.key)
    found = changes(split, edges(split, shipped()), shipped())
    assert found["merges"] == 3
    for part in ("agency", "sex", "age"):
        counts = [row["moved"] for row in found["by"] if row["by"] == part]
        assert not [count for count in counts if count and count <= 7]
        assert counts.count(None) != 1 or len(counts) == counts.count(0) + 1


def test_decisions_that_the_model_would_not_make_are_counted() -> None:
    records, truth = rehearsed()
    pairs = truth.group_by("person").agg(pl.col("identity_id").sort()).sort("person")["identity_id"].to_list()
    (a, b), (stranger, *_) = pairs[0], pairs[1]
    left, right = sorted((a, stranger))
    decided = pl.DataFrame({"left_id": [a, left], "right_id": [b, right], "together": [False, True]})
    bound = Records(records.standard, records.numbers, records.before, decided, records.key)
    found = changes(bound, edges(bound, shipped()), shipped())
    assert found["contradicted"] == {"decisions": 2, "must_link": 1, "cannot_link": 1}
