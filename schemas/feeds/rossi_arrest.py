"""First arrests of the people of `rossi_release` within a year of release (Rossi, Berk & Lenihan 1980)."""

import datetime as dt

from schemas.contract import Column, Date, Delimited, Event, Feed, Fixed, Full, Keep, Key, Rows, Text, UpTo

FEED = Feed(
    name="rossi_arrest",
    title="Rossi: arrests",
    agency="rossi_court",
    agreement="rossi-1980",
    files="arrest*.csv",
    format=Delimited(),
    delivery=Full(every="once"),
    coverage=UpTo(Fixed(dt.date(1973, 1, 2)), since=dt.date(1972, 1, 3)),
    subject=Key("rossi_prison.participant"),
    key=("participant", "arrested"),
    columns=(
        Column("participant", Text(6), "Number of the participant", Key("rossi_prison.participant")),
        Column("arrested", Date("%Y-%m-%d"), "Last day of the week of the first arrest", Keep()),
    ),
    expects=(Rows(1, 1_000),),
    shares=("rossi_prison.participant",),
    timeline=(Event("arrest", date="arrested"),),
)
