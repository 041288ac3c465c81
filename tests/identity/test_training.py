"""Training: what is planted is found, what is not seen stays, the prior is left alone."""

import polars as pl
import pytest

from identity import training
from identity.model import Model, parse, shipped
from identity.standardise import STANDARD
from identity.training import TooFew, Trained, train
from tests.identity.crowd import MOVED, OTHER_SSN, WRONG_BIRTH, crowd


@pytest.fixture(scope="module")
def trained() -> Trained:
    standard, _ = crowd(5_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "RANDOM_PAIRS", 100_000)
        return train(standard, shipped(), "here.1", force=True)


def m(model: Model, comparison: str, level: str) -> float:
    return model.comparisons[comparison][level].m


def test_em_finds_the_slips_that_were_planted(trained: Trained) -> None:
    rows = trained.report["parameters"]
    pinned = {(row["comparison"], row["level"]) for row in rows if "m" in row["pinned"].split()}
    for comparison, close, far, share in (
        ("birth", "exact", "one_digit", WRONG_BIRTH),
        ("ssn", "last4", "other", OTHER_SSN),
        ("place", "address", "other", MOVED),
    ):
        assert not {(comparison, close), (comparison, far)} & pinned
        # What nothing was seen of keeps its share of the whole, and what was known holds back what few pairs say.
        seen = m(trained.model, comparison, close) + m(trained.model, comparison, far)
        assert m(trained.model, comparison, far) / seen == pytest.approx(share, rel=0.25)
        before, after = (
            sum(level.m for level in model.comparisons[comparison].values()) for model in (shipped(), trained.model)
        )
        assert after == pytest.approx(before)


def test_the_prior_is_never_trained(trained: Trained) -> None:
    assert trained.model.prior == shipped().prior
    assert trained.report["prior"] == shipped().prior


def test_a_level_of_which_no_pair_was_seen_keeps_its_parameters(trained: Trained) -> None:
    known = shipped().comparisons
    assert trained.model.comparisons["licence"] == known["licence"]
    assert trained.model.comparisons["middle"] == known["middle"]
    for row in trained.report["parameters"]:
        for kind in row["pinned"].split():
            before, after = known[row["comparison"]][row["level"]], trained.model.comparisons[row["comparison"]]
            assert getattr(after[row["level"]], kind) == pytest.approx(getattr(before, kind))


def test_levels_that_hold_only_where_something_is_missing_are_not_trained(trained: Trained) -> None:
    assert training._needs_a_gap("(a_l IS NULL OR a_r IS NULL) AND b_l = b_r")
    assert training._needs_a_gap("((a_l IS NULL) AND b_l = b_r) OR (b_l IS NULL AND f(a_l) > 0.5)")
    assert not training._needs_a_gap("a_l = a_r AND (b_l = b_r OR b_l IS NULL)")
    assert not training._needs_a_gap("list_has_any(a_l, a_r) AND a_l[1:2] = 'x'")
    for name, labels in training._one_sided(shipped()).items():
        for label in labels:
            assert trained.model.comparisons[name][label] == shipped().comparisons[name][label]


def test_names_are_counted_here_and_held_by_what_was_known(trained: Trained) -> None:
    known, found = shipped().surname, trained.model.surname
    assert all(share >= training.RAREST for share in found.values())
    commonest = max(known, key=lambda name: known[name])
    assert found[commonest] == pytest.approx(known[commonest], rel=0.4)
    assert set(trained.model.comparisons) == set(shipped().comparisons)
    assert parse(trained.model.content) == trained.model


def test_a_single_family_does_not_make_its_name_common() -> None:
    standard, _ = crowd(1_000)
    counted = training._recounted(standard, "surname", shipped().surname)
    in_the_crowd = set(standard["surname"].drop_nulls().str.split(" ").explode())
    assert not (in_the_crowd - set(shipped().surname)) & set(counted)


def test_few_pairs_move_a_parameter_a_little() -> None:
    assert training._drawn(0.02, 5, 0.2) < training._drawn(0.02, 50, 0.2) < training._drawn(0.02, 5_000, 0.2) < 0.2
    assert training._drawn(0.02, 5, 0.2) < 0.04


def test_training_finds_the_same_whatever_the_order(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "RANDOM_PAIRS", 50_000)
    standard, _ = crowd(2_000)
    one, other = (train(rows, shipped(), "x", force=True).model for rows in (standard, standard.reverse()))
    for name, levels in one.comparisons.items():
        for label, level in levels.items():
            assert other.comparisons[name][label].m == pytest.approx(level.m, rel=1e-3)


def test_too_few_identities_are_refused_and_can_be_forced() -> None:
    standard, _ = crowd(100)
    with pytest.raises(TooFew, match="200 identities are too few"):
        train(standard, shipped(), "here.1")
    empty = pl.DataFrame(schema=STANDARD)
    with pytest.raises(TooFew):
        train(empty, shipped(), "here.1")


def test_the_report_holds_no_value_of_a_record(trained: Trained) -> None:
    standard, _ = crowd(5_000)
    told = str(trained.report)
    for column in ("surname", "address", "state_id", "birth_date"):
        values = standard[column].drop_nulls().unique().to_list()
        assert not [value for value in values if len(value) > 5 and value in told]
