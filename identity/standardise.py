"""Identifier fields as agencies write them → the columns that the linker compares, one row an identity.

Accents, case, punctuation and particles go; hyphen and space both split names into tokens; nicknames become
their full name; suffixes stand apart; placeholders become null.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import polars as pl

Fields = Mapping[str, Sequence[str]]

SUFFIXES: Final = {"jr": "jr", "junior": "jr", "ii": "jr", "2nd": "jr", "sr": "sr", "senior": "sr", "iii": "iii",
                   "3rd": "iii", "iv": "iv", "4th": "iv"}  # fmt: skip
"""`II` and `JR` are used for the same person, so they are one."""
PARTICLES: Final = ("de", "del", "la", "las", "los", "da", "das", "do", "dos", "di", "van", "von", "der", "den", "el")
NO_NAMES: Final = ("unknown", "unk", "anonymous", "refused", "withheld", "fnu", "lnu", "nfn", "nln", "nmn")
"""What is written where a name is not known (`FNU`: first name unknown); None and Null are surnames of people."""
PLACEHOLDER_BIRTHS: Final = ("1900-01-01", "1901-01-01", "1800-01-01", "1970-01-01", "9999-12-31")
"""Dates that systems fill in for an unknown birth date; real people of 1 January 1970 lose little."""
PLACEHOLDER_SSNS: Final = ("123456789", "987654321", "078051120", "111223333", "012345678")
EARLIEST_BIRTH: Final = "1905-01-01"
_ALIASES = 2
_SINGLE = ("given_name", "middle_name", "surname", "suffix", "full_name", "birth_date", "sex", "ssn", "ssn_last4",
           "state_id", "fbi_number", "licence", "address", "zip", "phone", "email")  # fmt: skip
_HASH = r"^[0-9a-f]{24,}$"

STANDARD = pl.Schema({
    "identity_id": pl.Int64(), "agency": pl.String(), "given": pl.String(), "surname": pl.String(),
    "full_name": pl.String(), "givens": pl.List(pl.String()), "surnames": pl.List(pl.String()),
    "middle": pl.String(), "suffix": pl.String(), "birth_date": pl.String(), "sex": pl.String(),
    "ssn": pl.String(), "ssn4": pl.String(), "state_id": pl.String(), "fbi_number": pl.String(),
    "licence": pl.String(), "address": pl.String(), "zip": pl.String(), "phone": pl.String(), "email": pl.String(),
})  # fmt: skip
"""What is compared. ``given`` and ``surname`` are the names first written, ``givens`` and ``surnames`` every
token of them and of the aliases; ``full_name`` is the two with a blank between."""


def standardise(identity_ids: Sequence[int], agencies: Sequence[str], records: Sequence[Fields]) -> pl.DataFrame:
    """The records in `STANDARD` form, in the order given."""
    columns = {name: [record.get(name, (None,))[0] for record in records] for name in _SINGLE}
    aliases = [[*record.get("alias", ()), None, None][:_ALIASES] for record in records]
    raw = pl.DataFrame(
        {"identity_id": identity_ids, "agency": agencies, **columns}
        | {f"alias_{i}": [alias[i] for alias in aliases] for i in range(_ALIASES)},
        schema_overrides=dict.fromkeys([*_SINGLE, *(f"alias_{i}" for i in range(_ALIASES))], pl.String)
        | {"identity_id": pl.Int64, "agency": pl.String},
    )
    named = raw.with_columns(_name_texts()).with_columns(_tokens())
    return _names(named).with_columns(_numbers()).select(pl.col(name).cast(kind) for name, kind in STANDARD.items())


@lru_cache(1)
def nicknames() -> Mapping[str, str]:
    """Nickname → full name; a name that is both stays what it is."""
    found: dict[str, str] = json.loads((Path(__file__).parent / "nicknames.json").read_text())
    return found


def _clean(text: pl.Expr) -> pl.Expr:
    plain = text.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    plain = plain.str.replace_many(["ß", "ø", "ł", "đ", "æ", "œ", "ı"], ["ss", "o", "l", "d", "ae", "oe", "i"])
    plain = plain.str.replace_all(r"['’`ʻʼ.]", "")
    return plain.str.replace_all(r"[^\p{L}\p{Nd},]+", " ").str.strip_chars(" ")


def _name_texts() -> list[pl.Expr]:
    """Given and surname texts, also of a name written in one cell (`SURNAME, GIVEN M` or `Given M Surname`)."""
    full = _clean(pl.col("full_name"))
    names = [
        pl.coalesce(_clean(pl.col("given_name")), _given_of(full)).alias("given_text"),
        pl.coalesce(_clean(pl.col("surname")), _surname_of(full)).alias("surname_text"),
        _clean(pl.col("middle_name")).alias("middle_text"),
        full.alias("full_text"),
    ]
    for i in range(_ALIASES):
        alias = _clean(pl.col(f"alias_{i}"))
        names += [_given_of(alias).alias(f"alias_given_{i}"), _surname_of(alias).alias(f"alias_surname_{i}")]
    return names


def _unsuffixed(text: pl.Expr) -> pl.Expr:
    return text.str.replace(r"[ ,]+(jr|sr|ii|iii|iv|junior|senior|2nd|3rd|4th)$", "")


def _given_of(full: pl.Expr) -> pl.Expr:
    """What follows the comma; without a comma all but the last word; one word alone is a given name."""
    plain = _unsuffixed(full)
    without = pl.when(plain.str.contains(" ")).then(plain.str.replace(r" [^ ]+$", "")).otherwise(plain)
    return pl.when(full.str.contains(",")).then(full.str.replace(r"^[^,]*,", "")).otherwise(without)


def _surname_of(full: pl.Expr) -> pl.Expr:
    plain = _unsuffixed(full)
    return (
        pl.when(full.str.contains(",")).then(full.str.replace(r",.*$", "")).otherwise(plain.str.extract(r" ([^ ]+)$"))
    )


def _split(name: str) -> pl.Expr:
    return pl.col(name).str.replace_all(",", " ").str.split(" ").fill_null([])


def _tokens() -> list[pl.Expr]:
    dropped = ["", *SUFFIXES, *PARTICLES, *NO_NAMES]
    alias_given = [_split(f"alias_given_{i}") for i in range(_ALIASES)]
    alias_surname = [_split(f"alias_surname_{i}") for i in range(_ALIASES)]

    def kept(*lists: pl.Expr) -> pl.Expr:
        return pl.concat_list(lists).list.eval(pl.element().filter(~pl.element().is_in(dropped)))

    def full(lists: pl.Expr) -> pl.Expr:
        return lists.list.eval(pl.element().replace(dict(nicknames())))

    suffixes = pl.concat_list(_split("given_text"), _split("surname_text"), _split("full_text"))
    found = suffixes.list.eval(pl.element().filter(pl.element().is_in(list(SUFFIXES)))).list.first()
    return [
        full(kept(_split("given_text"), _split("middle_text"))).alias("given_tokens"),
        full(kept(_split("given_text"), _split("middle_text"), *alias_given)).alias("all_givens"),
        kept(_split("surname_text")).alias("surname_tokens"),
        kept(_split("surname_text"), *alias_surname).alias("surnames"),
        pl.coalesce(_clean(pl.col("suffix")), found).replace_strict(SUFFIXES, default=None).alias("suffix"),
    ]


def _names(rows: pl.DataFrame) -> pl.DataFrame:
    given, surname = pl.col("given_tokens").list.first(), pl.col("surname_tokens").list.join(" ")
    rows = rows.with_columns(
        given=given,
        surname=pl.when(surname != "").then(surname),
        middle=pl.col("given_tokens").list.get(1, null_on_oob=True).str.slice(0, 1),
        givens=pl.col("all_givens").list.eval(pl.element().filter(pl.element().str.len_chars() > 1)).list.unique(),
        surnames=pl.col("surnames").list.unique(),
    )
    both = pl.concat_str("given", "surname", separator=" ")
    return rows.with_columns(full_name=both)


def _code(name: str) -> pl.Expr:
    text = pl.col(name).str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "").str.strip_chars_start("0")
    same = text.str.contains(r"^(0*|9+|X+|UNK.*|NONE|NA)$")
    return pl.when(~same & (text.str.len_chars() >= 4)).then(text).alias(name)


def _numbers() -> list[pl.Expr]:
    digits = pl.col("ssn").str.replace_all(r"[^0-9]", "")
    whole = pl.col("ssn").str.contains(r"^[0-9 -]+$") & (digits.str.len_chars() == 9)
    fake = digits.is_in(PLACEHOLDER_SSNS) | digits.str.contains(r"^(000|666|9)|^...00|0000$|^(1+|2+|3+|4+|5+|7+|8+)$")
    ssn = pl.when(whole & ~fake).then(digits).when(pl.col("ssn").str.contains(_HASH)).then(pl.col("ssn"))
    last4 = pl.coalesce(
        pl.when(whole & ~fake).then(digits.str.slice(5)), pl.col("ssn_last4").str.extract("([0-9]{4})$")
    )
    birth = pl.col("birth_date").str.slice(0, 10)
    phone = pl.col("phone").str.replace_all(r"[^0-9]", "").str.slice(-10)
    return [
        ssn.alias("ssn"),
        pl.when(~last4.is_in(["0000", "9999"])).then(last4).alias("ssn4"),
        pl.when(~birth.is_in(PLACEHOLDER_BIRTHS) & (birth >= EARLIEST_BIRTH)).then(birth).alias("birth_date"),
        pl.when(pl.col("sex").is_in(["M", "F"])).then(pl.col("sex")).alias("sex"),
        _code("state_id"),
        _code("fbi_number"),
        _code("licence"),
        _clean(pl.col("address")).str.replace_all(",", "").alias("address"),
        pl.col("zip").str.extract(r"^([0-9]{5})").alias("zip"),
        pl.when(phone.str.contains(r"^[2-9][0-9]{9}$")).then(phone).alias("phone"),
        pl.col("email").str.to_lowercase().str.strip_chars().alias("email"),
    ]
