from pathlib import Path

import polars as pl
import pytest

from bench import rossi
from schemas.catalogue import feeds


def test_the_split_has_114_arrests_and_216_people_with_aid(tmp_path: Path) -> None:
    pytest.importorskip("lifelines")

    counts = rossi.split(rossi.load(), tmp_path)

    assert counts == {"rossi_prison/release.csv": 432, "rossi_court/arrest.csv": 114, "rossi_aid/aid.csv": 216}
    for name in counts:
        agency, file = name.split("/")
        feed = next(feed for feed in feeds().values() if feed.agency == agency and feed.matches(file))
        assert pl.read_csv(tmp_path / name).columns == list(feed.headers)
