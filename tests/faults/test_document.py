from pathlib import Path

from tests.faults.document import document, faults
from tests.faults.fault import ROWS


def test_the_page_is_up_to_date() -> None:
    page = Path(__file__).parents[2] / "docs" / "faults.md"
    assert page.read_text() == document(), "python -m tests.faults.document > docs/faults.md"


def test_every_row_has_a_test() -> None:
    assert {fault.row for _, fault, _ in faults()} == set(ROWS)
