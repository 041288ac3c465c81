"""Which accepted rows say that the agency deleted their record."""

import polars as pl

from schemas.checks import SEEN
from schemas.columns import Code, Text
from schemas.contract import Feed


def deleted_rows(feed: Feed, accepted: pl.DataFrame) -> pl.Series | None:
    """Whether each row says that its record is no more (Boolean, never null); None where the feed has no such mark."""
    if feed.deleted is None:
        return None
    cells = accepted[feed.deleted.column]
    if isinstance(feed.column(feed.deleted.column).type, Code | Text) and feed.deleted.codes:
        said = cells.is_in(feed.deleted.codes).fill_null(False)
    elif cells.dtype == pl.String:
        said = cells.str.contains(SEEN).fill_null(False)
    else:
        said = cells.is_not_null()
    return said.alias("deleted")
