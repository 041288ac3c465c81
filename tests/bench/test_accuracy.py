import polars as pl
import pytest

from bench.accuracy import accuracy, unassigned


def frames(rows: list[tuple[int, str | None, int]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    frame = pl.DataFrame(rows, {"row": pl.Int64, "participant_key": pl.String, "person": pl.Int64}, orient="row")
    return frame.select("row", "participant_key"), frame.select("row", "person")


def test_pairs_and_persons_are_counted_by_hand() -> None:
    predicted, truth = frames([(1, "a", 1), (2, "a", 1), (3, "a", 2), (4, "b", 2), (5, "b", 2), (6, "c", 3)])

    measured = accuracy(predicted, truth, on=["row"])

    assert (measured.true_pairs, measured.predicted_pairs, measured.shared_pairs) == (4, 4, 2)
    assert (measured.precision, measured.recall, measured.f1) == (0.5, 0.5, 0.5)
    assert (measured.persons, measured.groups) == (3, 3)
    assert measured.split == measured.contaminated == pytest.approx(1 / 3)


def test_a_record_given_to_nobody_is_left_out_and_listed() -> None:
    predicted, truth = frames([(1, "a", 1), (2, None, 1), (3, "a", 1)])

    assert accuracy(predicted, truth, on=["row"]).true_pairs == 1
    assert unassigned(predicted, truth, on=["row"])["row"].to_list() == [2]


def test_a_record_that_stands_twice_is_an_error() -> None:
    predicted, truth = frames([(1, "a", 1), (1, "b", 1)])

    with pytest.raises(ValueError, match="twice"):
        accuracy(predicted, truth, on=["row"])


def test_nothing_predicted_is_nothing_wrong() -> None:
    predicted, truth = frames([(1, "a", 1), (2, "b", 2)])

    measured = accuracy(predicted, truth, on=["row"])

    assert (measured.precision, measured.recall) == (1.0, 1.0)
