"""Fields are cut out of texts as they were joined."""

from typing import get_args

import polars as pl

from identity.cut import _TELLS, Cut
from identity.fields import SEPARATOR, VOUCHED
from schemas.codes import Identifier

LONG = "Wolfeschlegelsteinhausenbergerdorff"


def cut(*records: tuple[str, ...]) -> Cut:
    return Cut(pl.Series([SEPARATOR.join(pieces) for pieces in records], dtype=pl.String))


def test_the_first_letters_of_a_field_tell_it_from_all_others() -> None:
    names = [f"{name}="[:_TELLS] for name in (*get_args(Identifier), VOUCHED)]
    assert len(set(names)) == len(names)


def test_values_of_any_length_come_back_in_their_rows() -> None:
    records = cut(("sex=F", f"surname={LONG}"), ("surname=Ñúñez",), ("zip=60601",), ("", f"surname={'é' * 6}", "zip="))
    assert records.values("surname").to_list() == [LONG, "Ñúñez", None, "éééééé"]
    assert records.values("zip").to_list() == [None, None, "60601", ""]
    assert records.values("sex").to_list() == ["F", None, None, None]


def test_of_several_values_each_has_its_place() -> None:
    records = cut(("alias=Pepe", f"alias={LONG}", "alias=Bo"), ("ssn=123456789", "ssn_last4=0001"), ("alias=zip=1",))
    assert [records.values("alias", place).to_list() for place in range(4)] == [
        ["Pepe", None, "zip=1"], [LONG, None, None], ["Bo", None, None], [None] * 3,
    ]  # fmt: skip
    assert records.values("ssn").to_list() == [None, "123456789", None]
    assert records.values("ssn_last4").to_list() == [None, "0001", None]


def test_no_texts_have_no_values() -> None:
    assert Cut(pl.Series([], dtype=pl.String)).values("zip").to_list() == []
    assert cut(("",), ("",)).values("zip").to_list() == [None, None]
