"""What the page says of the linkage: groups side by side, nothing small, nothing exact."""

import re

import polars as pl

from tests.warehouse.outcomes.test_sensitivity import THRESHOLDS, linked_town
from warehouse.outcomes.compute import OutcomeTables, compute
from warehouse.outcomes.sensitivity import sensitivity
from warehouse.report import linkage, overview, rates
from warehouse.report.tables import WITHHELD
from warehouse.report.words import TITLES
from warehouse.snapshot.linkage import QUALITY as SCHEMA

GROUPS = (
    ("overall", "overall", 1204, 602, 0.38), ("sex", "F", 301, 151, 0.36), ("sex", "M", 903, 451, 0.39),
    ("race", "Black", 452, 226, 0.41), ("race", "White", 748, 374, 0.37), ("race", "unknown", 4, 2, 0.5),
    ("birth_years", "1980", 1204, 602, 0.38), ("agency", "metro_court", 1204, 602, 0.38),
)  # fmt: skip


def _rows() -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for grp, level, records, persons, exact in GROUPS:
        rows += [
            ("overall", None, "false_discovery_model", grp, level, records, 0.009, 0.007, 0.012),
            ("overall", None, "false_negative_model", grp, level, records, 0.021, 0.017, 0.026),
            ("overall", None, "split_model", grp, level, persons, 0.031, 0.025, 0.04),
            ("overall", None, "exact_split", grp, level, persons, exact, exact - 0.04, exact + 0.04),
        ]
    sizes = (("1", 600), ("2", 411), ("3", 187), ("4", 4))
    rows += [("overall", None, "persons", "size", level, n, n / 1202, None, None) for level, n in sizes]
    rows += [("overall", None, "unlinked", "overall", "overall", 47, 0.03, None, None)]
    rows += [("overall", None, "missing", "ssn", "metro_court", 1204, 0.333, None, None)]
    rows += [("batch", 7, "pairs", stand, "0.5 to 0.9", 33, 1.0, None, None) for stand in ("joined", "apart")]
    return rows


QUALITY = pl.DataFrame(_rows(), schema=SCHEMA, orient="row")
REVIEWED = [
    ("batch", 7, "false_discovery_reviewed", "overall", "overall", 120, 0.012, 0.004, 0.03),
    ("batch", 7, "false_negative_reviewed", "overall", "overall", 120, 0.025, 0.01, 0.05),
]


def line(html: str, name: str) -> list[str]:
    """The cells of the row that holds the cell ``name``, as text."""
    rows = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in re.findall(r"<tr>(.*?)</tr>", html)]
    texts = [[re.sub(r"<[^>]+>", "", cell) for cell in row] for row in rows]
    return next(row for row in texts if name in row)


def test_groups_stand_side_by_side_with_intervals_and_are_called_model_based() -> None:
    page = linkage.quality(QUALITY)
    assert line(page, "M")[:3] == ["sex", "M", "905"]
    assert line(page, "F") == ["sex", "F", "300", "0.9\u202f% 0.7–1.2", "2.1\u202f% 1.7–2.6", "3.1\u202f% 2.5–4.0",
                               "36.7\u202f% 29.4–44.6"]  # fmt: skip
    assert "model-based, not measured" in page
    assert "has not been measured" in page


def test_participants_without_identifiers_are_told_of() -> None:
    assert "Of 45 participants nothing but an agency's number is known" in linkage.quality(QUALITY)
    few = QUALITY.filter(pl.col("metric") != "unlinked")
    assert "nothing but an agency's number" not in linkage.quality(few)


def test_a_small_group_is_withheld_and_another_with_it() -> None:
    page = linkage.quality(QUALITY)
    assert line(page, "unknown")[2:] == ["–"] * 5
    assert line(page, "Black")[2:] == ["–"] * 5
    assert line(page, "White")[2] == "750"


def test_no_count_of_people_is_exact() -> None:
    page = linkage.quality(QUALITY)
    numbers = [int(cell.replace("\u202f", "")) for cell in re.findall(r'<td class="number">([0-9\u202f]+)</td>', page)]
    assert numbers
    assert all(number % 5 == 0 for number in numbers)
    assert line(page, "4") == ["4", "–"]
    assert line(page, "3") == ["3", "–"]


def test_what_reviewers_found_is_called_measured() -> None:
    page = linkage.quality(pl.concat([QUALITY, pl.DataFrame(REVIEWED, schema=SCHEMA, orient="row")]))
    assert "Measured on 120 pairs drawn at random" in page
    assert "has not been measured" not in page


def test_a_share_that_another_would_tell_is_withheld_with_it() -> None:
    few = pl.DataFrame([("overall", None, "exact_split", "sex", "X", 30, 0.1, 0.0, 0.2)], schema=SCHEMA, orient="row")
    more = few.with_columns(metric=pl.lit("false_discovery_model"))
    exact = pl.col("metric") == "exact_split"
    # 54 of 151 women, 164 of 421 men and 3 of 30 others: 221 of 602.
    rest = QUALITY.with_columns(
        n=pl.when(exact & (pl.col("level") == "M")).then(421).otherwise("n"),
        value=pl.when(exact & (pl.col("grp") == "overall")).then(221 / 602).otherwise("value"),
    )
    page = linkage.quality(pl.concat([rest, few, more]))
    assert line(page, "X")[-1] == "–"
    assert "–" in (line(page, "F")[-1], line(page, "M")[-1])


def _released(tables: OutcomeTables, stricter: pl.DataFrame) -> str:
    rows = overview.released(tables.rate, stricter)
    return overview.sensitivity(rates.chosen(rows, stratum_kind="overall"))


def test_every_outcome_stands_at_every_threshold() -> None:
    town = linked_town(1_000)
    tables = compute(town)
    page = _released(tables, sensitivity(town, THRESHOLDS))
    assert all(title in page for title in TITLES.values())
    assert all(f"links of {percent} % and more" in page for percent in ("50", "90", "99"))
    assert page.count("<tr>") == 13


def test_what_is_withheld_at_one_threshold_is_withheld_at_all() -> None:
    town = linked_town(1_000)
    tables = compute(town)
    found = sensitivity(town, THRESHOLDS)
    one = (pl.col("outcome") == "recharge") & (pl.col("window_months") == 12) & (pl.col("threshold") == 0.99)
    few = found.with_columns(events=pl.when(one).then(3).otherwise("events"))
    assert _released(tables, few).count(WITHHELD) - _released(tables, found).count(WITHHELD) == 3


def test_before_anything_is_linked_the_page_says_so() -> None:
    assert linkage.quality(QUALITY.clear()) == linkage.NONE
