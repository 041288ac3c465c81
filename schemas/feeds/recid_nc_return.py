"""Returns to prison of the people of `recid_nc_release` (Chung, Schmidt & Witte 1991): the first of each."""

import datetime as dt

from schemas.contract import Column, Date, Delimited, Feed, Fixed, Full, Keep, Key, Rows, Span, Text, UpTo

FEED = Feed(
    name="recid_nc_return",
    title="North Carolina: returns to prison",
    agency="recid_nc_admission",
    agreement="recid-nc-1977",
    files="return*.csv",
    format=Delimited(),
    delivery=Full(every="once"),
    coverage=UpTo(Fixed(dt.date(1984, 4, 2)), since=dt.date(1977, 7, 1)),
    subject=Key("recid_nc_prison.participant"),
    key=("participant", "returned"),
    columns=(
        Column("participant", Text(6), "Number of the participant", Key("recid_nc_prison.participant")),
        Column("returned", Date("%Y-%m-%d"), "Return to prison; whole calendar months after release", Keep()),
    ),
    expects=(Rows(1, 5_000),),
    shares=("recid_nc_prison.participant",),
    timeline=(Span("custody", start="returned"),),
)
