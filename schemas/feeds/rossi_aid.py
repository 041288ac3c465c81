"""Financial aid to the people of `rossi_release`, given at random for 13 weeks (Rossi, Berk & Lenihan 1980)."""

import datetime as dt

from schemas.contract import (
    Code,
    Column,
    Const,
    Date,
    Delimited,
    Feed,
    Fixed,
    Full,
    Keep,
    Key,
    Ordered,
    Rows,
    Span,
    Text,
    UpTo,
)

FEED = Feed(
    name="rossi_aid",
    title="Rossi: financial aid",
    agency="rossi_aid",
    agreement="rossi-1980",
    files="aid*.csv",
    format=Delimited(),
    delivery=Full(every="once"),
    coverage=UpTo(Fixed(dt.date(1973, 1, 2)), since=dt.date(1972, 1, 3)),
    subject=Key("rossi_prison.participant"),
    key=("participant",),
    columns=(
        Column("participant", Text(6), "Number of the participant", Key("rossi_prison.participant")),
        Column("aid_from", Date("%Y-%m-%d"), "Financial aid starts", Keep()),
        Column("aid_until", Date("%Y-%m-%d"), "Financial aid ends", Keep()),
        Column("how", Code({"drawn by lot": "drawn by lot"}), "How the person came to the aid", Keep()),
    ),
    expects=(Rows(1, 1_000),),
    rules=(Ordered("aid_from", "aid_until"),),
    shares=("rossi_prison.participant",),
    timeline=(
        Span(
            "enrolment", start="aid_from", end="aid_until", code=Const("other"), detail={"referral_source": "how"},
        ),
    ),
)  # fmt: skip
