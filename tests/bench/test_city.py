import datetime as dt
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from bench.city import City, File, Parameters, court_file, write, write_city
from bench.city.calendar import DAYS, LAST_DAY, as_dates
from bench.city.city import FIRST_ROW
from bench.city.court import charge_rows
from bench.city.lives import FILING_LAG_DAYS, live
from bench.city.people import make_people
from schemas.contract import Event, Span
from schemas.rows import judge_rows
from schemas.table import RawTable

READER_RULES = ("field_count", "nul_byte", "bad_encoding")


@lru_cache
def city() -> City:
    return City.generate(400, seed=1)


def files() -> list[File]:
    return list(city().files)


def raw_table(file: File) -> RawTable:
    """The file as a faultless reader would give it."""
    errors = file.planted.errors.with_columns(row_number=pl.col("row") + FIRST_ROW)
    seen = errors.filter(pl.col("rule").is_in(READER_RULES)).select("row_number", "column", "rule")
    rows = file.planted.rows.drop("person").with_row_index("row_number", FIRST_ROW)
    rows = rows.with_columns(pl.col("row_number").cast(pl.Int64)).join(seen, on="row_number", how="anti")
    return RawTable(rows, seen, len(file.planted.rows))


@pytest.mark.parametrize("file", files(), ids=lambda file: file.name)
def test_exactly_the_planted_faults_are_rejected(file: File) -> None:
    planted = file.planted.errors.select(pl.col("row") + FIRST_ROW, "column", "rule")

    judged = judge_rows(file.feed, raw_table(file))

    assert sorted(judged.rejected.rows(), key=str) == sorted(planted.rows(), key=str)
    assert judged.duplicates.to_list() == (file.planted.duplicates + FIRST_ROW).to_list()
    assert len(judged.accepted) + judged.rejected_rows + len(judged.duplicates) == judged.received


def test_every_file_matches_its_feed_and_no_other() -> None:
    from schemas.catalogue import match

    for file in city().files:
        assert match(file.name, file.feed.agency) == (file.feed,)
        assert file.feed.file_date(file.name) is not None


def test_every_kind_of_the_feeds_is_in_the_files() -> None:
    for file in city().files:
        for mapped in file.feed.timeline:
            assert isinstance(mapped, Event | Span)
            start = mapped.start if isinstance(mapped, Span) else mapped.date
            assert file.planted.rows[start].drop_nulls().len() > 0


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    write(City.generate(60, seed=7), tmp_path / "one")
    write_city(60, 7, tmp_path / "two")

    one, two = (sorted(path for path in (tmp_path / name).rglob("*") if path.is_file()) for name in ("one", "two"))

    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    assert len(one) == len(city().files) + 6


def test_each_row_has_a_person_and_each_person_a_row() -> None:
    truth = city().truth

    assert truth.rows["person"].null_count() == 0
    assert set(truth.rows["person"]) == set(truth.persons["person"])


def test_some_cases_have_two_defendants_and_some_numbers_two_persons() -> None:
    charges = next(file for file in city().files if file.feed.name == "metro_court_charges").planted.rows
    parties = charges.select("CASE_NO", "DEF_NO", "person").unique()

    assert parties.group_by("CASE_NO").len()["len"].max() == 2
    assert parties.group_by("CASE_NO", "DEF_NO").len()["len"].max() == 1
    assert city().truth.reused.group_by("member").agg(pl.col("person").n_unique())["person"].min() == 2


def test_attendance_lies_in_before_between_and_after_enrolments() -> None:
    rows = {file.feed.name: file.planted.rows for file in city().files}
    spans = rows["metro_peer_enrolments"].select(
        "person", joined=pl.col("Joined").str.to_date(strict=False), left=pl.col("Left").str.to_date(strict=False)
    )
    days = pl.concat(file.planted.rows for file in city().files if file.feed.name == "metro_peer_attendance")
    days = days.select("person", day=pl.col("SessionDate").str.to_date("%d.%m.%Y", strict=False)).drop_nulls()
    left = pl.col("left").fill_null(pl.col("day") + pl.duration(days=1))
    placed = days.join(spans, on="person").group_by("person", "day").agg(
        inside=((pl.col("day") >= pl.col("joined")) & (pl.col("day") < left)).any(),
        before=(pl.col("day") < pl.col("joined")).all(),
        after=(pl.col("day") >= left).all(),
    )  # fmt: skip

    assert placed["inside"].any()
    assert placed["before"].any()
    assert placed["after"].any()
    assert (~(placed["inside"] | placed["before"] | placed["after"])).any()


def test_relatives_look_alike_and_are_other_people() -> None:
    people = make_people(20_000, np.random.default_rng(3))
    twins = people.filter(pl.col("twin_of").is_not_null()).join(people, left_on="twin_of", right_on="person")
    sons = people.filter(pl.col("father").is_not_null()).join(people, left_on="father", right_on="person")

    assert len(twins) > 50
    assert twins.select((pl.col("birth") == pl.col("birth_right")).all()).item()
    assert twins.select((pl.col("surname") == pl.col("surname_right")).all()).item()
    assert len(sons) > 50
    assert sons.select((pl.col("given") == pl.col("given_right")).all()).item()
    assert sons.select((pl.col("birth") > pl.col("birth_right")).all()).item()
    assert people["sid"].is_unique().all()


def test_the_planted_ratio_is_recovered_by_time_after_enrolment_and_not_by_ever_enrolled() -> None:
    rng, planted = np.random.default_rng(5), Parameters()
    lives = live(make_people(60_000, rng), planted, rng).persons.filter("supervised")
    joined, reoffence, stop = (pl.col(name).fill_null(DAYS) for name in ("joined", "reoffence", "stop"))
    until = pl.min_horizontal(reoffence, stop, pl.lit(DAYS))
    lives = lives.with_columns(until=until, switch=pl.min_horizontal(joined, until))
    lives = lives.with_columns(event=pl.col("reoffence").is_not_null())
    strata = lives.group_by("young", "priors").agg(
        before=(pl.col("switch") - pl.col("origin")).sum(),
        after=(pl.col("until") - pl.col("switch")).sum(),
        events_before=(pl.col("event") & (pl.col("switch") == pl.col("until"))).sum(),
        events_after=(pl.col("event") & (pl.col("switch") < pl.col("until"))).sum(),
    )
    total = pl.col("before") + pl.col("after")
    ratio = strata.select(
        (pl.col("events_after") * pl.col("before") / total).sum()
        / (pl.col("events_before") * pl.col("after") / total).sum()
    ).item()  # fmt: skip
    ever = lives.group_by(pl.col("joined").is_not_null().alias("ever")).agg(
        rate=pl.col("event").sum() / (pl.col("until") - pl.col("origin")).sum()
    )
    naive = ever.filter("ever")["rate"].item() / ever.filter(~pl.col("ever"))["rate"].item()

    assert ratio == pytest.approx(planted.reoffence_ratio, rel=0.06)
    assert naive < planted.reoffence_ratio * 0.9


def test_the_first_offence_after_supervision_starts_is_the_true_reoffence() -> None:
    rng = np.random.default_rng(9)
    people = make_people(3_000, rng)
    lives = live(people, Parameters(), rng)
    started = lives.persons.filter("supervised").select(
        "person", start=as_dates(lives.persons.filter("supervised")["supervision_start"]), reoffence="reoffence"
    )
    charges = charge_rows(people, lives, rng).join(started, on="person")
    first = charges.filter(pl.col("OFFENSE_DT") > pl.col("start")).group_by("person").agg(
        pl.col("OFFENSE_DT").min(), pl.col("FILED_DT").min()
    )  # fmt: skip
    seen = started.with_columns(as_dates(started["reoffence"])).join(first, on="person", how="left")
    mature = seen.filter(pl.col("reoffence") <= LAST_DAY - dt.timedelta(days=FILING_LAG_DAYS))

    assert len(mature) > 300
    assert (mature["reoffence"] == mature["OFFENSE_DT"]).all()
    assert seen.filter(pl.col("reoffence").is_null())["OFFENSE_DT"].null_count() == seen["reoffence"].null_count()


def test_a_court_file_has_the_rows_asked_for_and_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "charges_20250630.txt"

    size = court_file(2_000, path)

    content = path.read_bytes()
    assert size == len(content)
    assert content.isascii()
    assert content.count(b"\r\n") == 2_001
