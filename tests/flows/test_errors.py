import pytest

from flows.errors import RunFailed, describe, only_codes
from schemas.errors import DeliveryRefused, StoreError

NAME = "Quillon Vantreight"


@only_codes
def fails(error: Exception) -> None:
    raise error


@pytest.mark.parametrize("error", [ValueError(NAME), KeyError(NAME), RuntimeError(NAME)])
def test_nothing_of_an_exception_leaves_but_its_kind_and_place(error: Exception) -> None:
    with pytest.raises(RunFailed) as failed:
        fails(error)
    raised = failed.value
    assert NAME not in str(raised) + repr(raised)
    assert raised.code == f"unexpected_{type(error).__name__}"
    assert raised.place.startswith("tests/flows/test_errors.py:")
    assert raised.__cause__ is None
    assert raised.__context__ is None


def test_a_refusal_keeps_its_code_and_exit_code() -> None:
    failed = describe(DeliveryRefused("no_as_of_date"), 7)
    assert (failed.code, failed.extract_id, failed.exit_code) == ("no_as_of_date", 7, 5)


def test_a_store_that_is_away_says_only_that() -> None:
    failed = describe(StoreError("warehouse: 08006"))
    assert (failed.code, failed.exit_code) == ("store_unavailable", 4)


def test_a_failure_passes_the_boundary_once() -> None:
    assert str(describe(RunFailed("poison", 3, "x.py:1"))) == "poison, extract 3, x.py:1"
