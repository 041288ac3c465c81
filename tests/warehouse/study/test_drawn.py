"""Partitions drawn from the probabilities of links, and what a study says over all of them."""

import duckdb
import polars as pl
import pytest

from tests.warehouse.study.towns import town
from warehouse.estimate.proportions import wilson
from warehouse.studies.peer_support import STUDY
from warehouse.study.apart import find_apart, main_keys, only_apart
from warehouse.study.compile import compiled
from warehouse.study.drawn import DRAWS, RIGHT, Apart, chosen, drawn
from warehouse.study.drawn_rates import in_draw, people
from warehouse.study.run import run
from warehouse.study.workspace import Workspace

PEOPLE = 4_000
WHOLE = pl.DataFrame({"participant_key": [f"p{i}" for i in range(PEOPLE)], "n": [2] * PEOPLE})
SUBJECTS = """
CREATE TABLE subject AS
SELECT row_number() OVER (ORDER BY participant_key, agency) AS subject_id, participant_key, agency
FROM (SELECT participant_key, agency FROM event UNION SELECT participant_key, agency FROM span)
"""
MOMENTS = """
CREATE OR REPLACE TABLE {table} AS SELECT m.*, s.subject_id FROM {table} AS m JOIN subject AS s
USING (participant_key, agency)
"""
LINKS = """
CREATE TABLE participant_link AS
SELECT subject_id, threshold,
       CASE WHEN agency = 'court' AND hash(participant_key) % 100 < share
            THEN participant_key || '-court' ELSE participant_key END AS participant_key
FROM subject, (VALUES (0.5, 0), (0.9, {doubtful}), (0.99, {doubtful})) AS held(threshold, share)
"""


def linked_town(doubtful: int) -> duckdb.DuckDBPyConnection:
    """A town in which so many in a hundred are tied to their charges by a doubtful link."""
    connection = town(1_500)
    connection.execute(SUBJECTS)
    for table in ("event", "span"):
        connection.execute(MOMENTS.format(table=table))
    connection.execute(LINKS.format(doubtful=doubtful))
    return connection


def halves(threshold: float, keys: range) -> Apart:
    """These participants, each as two halves."""
    of = pl.DataFrame({
        "participant_key": [f"p{i}-{half}" for i in keys for half in "ab"],
        "main_key": [f"p{i}" for i in keys for _ in "ab"],
    })  # fmt: skip
    return Apart(threshold, of.select("participant_key", n=pl.lit(1, pl.Int64)), of)


def test_each_draw_takes_whole_participants_or_all_their_parts_and_loses_nobody() -> None:
    parts = (halves(0.9, range(100)), halves(0.99, range(300)))
    for draw in range(5):
        rows = drawn(WHOLE, parts, draw)
        owner = rows["participant_key"].str.split("-").list.first()
        counted = rows.group_by(owner).agg(pl.col("n").sum())
        assert counted.height == PEOPLE
        assert set(counted["n"]) == {2}


def test_a_link_is_drawn_as_often_as_it_is_right() -> None:
    parts = (halves(0.9, range(2_000)), halves(0.99, range(PEOPLE)))
    rows = pl.concat(drawn(WHOLE, parts, draw) for draw in range(DRAWS))
    whole = rows.filter(~pl.col("participant_key").str.contains("-"))["participant_key"]
    weak = whole.str.slice(1).cast(int) < 2_000
    assert weak.sum() / (DRAWS * 2_000) == pytest.approx(RIGHT[0.5], abs=0.01)
    assert (~weak).sum() / (DRAWS * 2_000) == pytest.approx(RIGHT[0.9], abs=0.01)


def test_a_draw_can_be_repeated_and_others_differ() -> None:
    parts = (halves(0.9, range(100)), halves(0.99, range(300)))
    assert drawn(WHOLE, parts, 1).equals(drawn(WHOLE, parts, 1))
    assert not drawn(WHOLE, parts, 1).equals(drawn(WHOLE, parts, 2))


def test_the_combined_interval_is_wider_where_links_are_in_doubt() -> None:
    effect = run(linked_town(30), STUDY, persons=False)["study_effect"].filter(term="exposed", outcome="recharge")
    both = effect.filter(method="combined").row(0, named=True)
    alone = effect.filter(method="cox_adjusted", threshold=0.5).row(0, named=True)
    strict = effect.filter(method="cox_adjusted", threshold=0.9).row(0, named=True)
    assert effect.filter(method="combined").height == 1
    assert both["threshold"] == 0.5
    assert both["se"] > alone["se"]
    between = sorted((alone["coefficient"], strict["coefficient"]))
    assert between[0] - 0.1 < both["coefficient"] < between[1] + 0.1
    assert both["high"] - both["low"] > 2 * 1.959 * both["se"]
    assert strict["events"] < both["events"] < alone["events"]


def test_links_beyond_doubt_leave_the_estimate_as_it_is() -> None:
    effect = run(linked_town(0), STUDY, persons=False)["study_effect"].filter(term="exposed", outcome="recharge")
    both = effect.filter(method="combined").row(0, named=True)
    alone = effect.filter(method="cox_adjusted", threshold=0.5).row(0, named=True)
    assert both["coefficient"] == pytest.approx(alone["coefficient"], abs=1e-9)
    assert both["se"] == pytest.approx(alone["se"], abs=1e-9)


def test_the_interval_of_a_rate_is_wider_than_chance_alone_where_links_are_in_doubt_and_else_as_it_was() -> None:
    wider, same = (
        run(linked_town(doubtful), STUDY, persons=False)["study_rate"].filter(
            threshold=0.5, basis="person", stratum_kind="overall", outcome="recharge"
        )
        for doubtful in (30, 0)
    )
    assert wider.height == 3
    for row in wider.iter_rows(named=True):
        middle = (row["link_low"] + row["link_high"]) / 2
        alone = wilson(middle * row["observable"], row["observable"])
        assert row["link_high"] - row["link_low"] > (alone.high or 1) - (alone.low or 0)
    for one, other in (("low", "link_low"), ("high", "link_high")):
        assert same[one].to_list() == pytest.approx(same[other].to_list(), abs=1e-9)


def test_only_rates_of_everybody_at_the_main_threshold_have_such_an_interval() -> None:
    rates = run(linked_town(30), STUDY, persons=False)["study_rate"]
    mine = (pl.col("threshold") == 0.5) & (pl.col("basis") == "person") & (pl.col("stratum_kind") == "overall")
    assert rates.filter(~mine)["link_low"].is_null().all()


def test_a_drawn_rate_is_that_of_a_town_of_the_drawn_people() -> None:
    connection, whole, part = apart_at_90(30)
    own = everybody(connection)
    found = in_draw(own.select("arm", "outcome", "window_months", "observable", "events"), whole, (part,), 3)
    taken = chosen((part,), 3)
    assert 100 < taken.height < part.of["main_key"].n_unique()
    again = linked_town(30)
    again.register("taken", taken.to_arrow())
    for table in ("event", "span"):
        again.execute(f"""
            UPDATE {table} SET participant_key = l.participant_key FROM participant_link AS l
            WHERE l.subject_id = {table}.subject_id AND l.threshold = 0.9
              AND {table}.participant_key IN (SELECT main_key FROM taken)""")
    expected = everybody(again)
    both = found.join(expected, on=["arm", "outcome", "window_months"])
    assert both.height == expected.height
    for name in ("observable", "events"):
        assert both[name].to_list() == both[f"{name}_right"].to_list()


def everybody(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The rates of everybody at the main threshold."""
    return run(connection, STUDY, (0.5,), persons=False)["study_rate"].filter(basis="person", stratum_kind="overall")


def apart_at_90(doubtful: int) -> tuple[duckdb.DuckDBPyConnection, pl.DataFrame, Apart]:
    """A town, and those of it whom .9 takes apart: as one, and apart."""
    connection = linked_town(doubtful)
    find_apart(connection, 0.5)
    work = Workspace(connection)
    work.make(compiled(STUDY))
    whole = people(connection)
    with only_apart(connection, 0.9):
        work.forget()
        work.make(compiled(STUDY))
        of = main_keys(connection, 0.9)
        return connection, whole, Apart(0.9, pl.DataFrame(), of, people(connection, 0.9))
