import datetime as dt
from pathlib import Path

import polars as pl

from bench import recid_nc
from schemas.catalogue import feeds


def test_months_come_back_exactly_as_calendar_months_between_the_dates(tmp_path: Path) -> None:
    months = [1, 8, 9, 71, 81]
    recid = pl.DataFrame({name: [0] * 5 for name in recid_nc.COVARIATES}).with_columns(
        durat=pl.Series(months), cens=pl.Series([0, 1, 0, 1, 0]), follow=pl.Series([70, 8, 81, 71, 81])
    )

    counts = recid_nc.split(recid, tmp_path)

    assert counts == {"recid_nc_prison/release.csv": 5, "recid_nc_admission/return.csv": 3}
    for name in counts:
        agency, file = name.split("/")
        feed = next(feed for feed in feeds().values() if feed.agency == agency and feed.matches(file))
        assert pl.read_csv(tmp_path / name).columns == list(feed.headers)
    release = pl.read_csv(tmp_path / "recid_nc_prison/release.csv", try_parse_dates=True)
    returns = pl.read_csv(tmp_path / "recid_nc_admission/return.csv", try_parse_dates=True)
    assert returns["returned"].to_list() == [dt.date(1977, 8, 1), dt.date(1978, 4, 1), dt.date(1984, 4, 1)]
    assert release["followed_until"].max() == dt.date(1984, 4, 2)
    assert release["released"].unique().to_list() == [recid_nc.RELEASED]
