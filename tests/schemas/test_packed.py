"""Frames come out of the pack as they went in, and nothing is written to disk."""

import datetime as dt

import polars as pl
import pytest

from schemas.packed import Packed

FRAMES = [pl.DataFrame({"a": [1, None], "b": ["x", "Łukaś"]}), pl.DataFrame({"a": [3], "b": [None]})]
SCHEMA = pl.Schema({"a": pl.Int64(), "b": pl.String()})


@pytest.fixture(params=[0, 1 << 20], ids=["packed", "plain"])
def kept(request: pytest.FixtureRequest) -> Packed:
    kept = Packed(SCHEMA, plain_bytes=request.param)
    for frame in FRAMES:
        kept.append(pl.concat([SCHEMA.to_frame(), frame], how="vertical_relaxed"))
    return kept


def test_frames_come_out_as_they_went_in(kept: Packed) -> None:
    assert [frame.rows() for frame in kept] == [frame.rows() for frame in FRAMES]
    assert [frame.schema for frame in kept] == [SCHEMA, SCHEMA]
    assert (len(kept), kept.height, kept.frame().rows()) == (2, 3, [*FRAMES[0].rows(), *FRAMES[1].rows()])
    assert kept.size > 0


def test_a_frame_can_be_replaced(kept: Packed) -> None:
    kept.replace(0, kept[0].head(1))
    assert (kept.height, kept.frame().rows()) == (2, [(1, "x"), (3, None)])


def test_what_is_empty_and_latest_is_known_of_the_frames_as_they_stand(kept: Packed) -> None:
    assert (kept.empty, kept.latest) == ({"a": 1, "b": 1}, {})
    kept.replace(0, kept[0].head(1))
    assert kept.empty == {"a": 0, "b": 1}
    dated = Packed(pl.Schema({"day": pl.Date()}), plain_bytes=0)
    assert (dated.empty, dated.latest) == ({"day": 0}, {"day": None})
    for days in ([None, dt.date(2024, 2, 29)], [dt.date(2020, 1, 1)], [None]):
        dated.append(pl.DataFrame({"day": days}, schema=dated.schema))
    assert (dated.empty, dated.latest) == ({"day": 2}, {"day": dt.date(2024, 2, 29)})


def test_a_frame_of_another_schema_is_not_taken(kept: Packed) -> None:
    with pytest.raises(ValueError, match="another schema"):
        kept.append(pl.DataFrame({"a": [1]}))


def test_no_frame_at_all_is_an_empty_frame() -> None:
    assert Packed(SCHEMA).frame().schema == SCHEMA
