"""Identifier fields as agencies write them → the columns that the linker compares, one row an identity.

Accents, case, punctuation and particles go; hyphen and space both split names into tokens; nicknames become
their full name; suffixes stand apart; placeholders become null.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from identity.encode import Column, column

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
EARLIEST_BIRTH: Final = "1900-01-02"
NO_ADDRESSES: Final = r"^(homeless|transient|unhoused|no fixed .*|unknown.*|none|na|n a|refused|general delivery.*)$"
"""What is written where somebody lives nowhere in particular: not an address that two people share."""
STREET_WORDS: Final = (
    "street", "avenue", "road", "boulevard", "drive", "lane", "court", "place", "circuit", "crescent", "close", "way",
    "terrace", "parade", "highway", "apartment", "unit", "suite", "floor", "lot", "north", "south", "east", "west",
    "box", "ave", "blvd", "apt", "ste", "flr", "cir", "hwy", "pkwy", "ter", "cres", "pde", "the", "nsw", "vic", "qld",
    "tas", "act",
)  # fmt: skip
"""Words of addresses that say nothing; those of one or two letters (`st`, `rd`, `ca`) do not either."""
_ALIASES = 2
_SINGLE = ("given_name", "middle_name", "surname", "suffix", "full_name", "birth_date", "sex", "ssn", "ssn_last4",
           "state_id", "fbi_number", "licence", "address", "zip", "phone", "email", "vouched")  # fmt: skip
_ALIAS_NAMES = tuple(f"alias_{place}" for place in range(_ALIASES))
_HASH = r"^[0-9a-f]{24,}$"

STANDARD = pl.Schema({
    "identity_id": pl.Int64(), "agency": pl.String(), "given": pl.String(), "written": pl.String(),
    "surname": pl.String(), "full_name": pl.String(), "givens": pl.List(pl.String()), "surnames": pl.List(pl.String()),
    "middle": pl.String(), "suffix": pl.String(), "birth_date": pl.String(), "sex": pl.String(),
    "ssn": pl.String(), "ssn4": pl.String(), "state_id": pl.String(), "fbi_number": pl.String(),
    "licence": pl.String(), "address": pl.String(), "houses": pl.List(pl.String()), "streets": pl.List(pl.String()),
    "zip": pl.String(), "phone": pl.String(), "email": pl.String(), "vouched": pl.String(),
})  # fmt: skip
"""What is compared. ``given`` and ``surname`` are the names first written (``written``: the given name
before a nickname became its full name), ``givens`` and ``surnames`` every
token of them and of the aliases; ``full_name`` is the two with a blank between, null where one is missing.
``houses`` are the words of the address with a digit in them, ``streets`` the others that say something. ``vouched``:
`fields.vouched`, null where that is nothing."""


def standardise(identity_ids: Sequence[int], agencies: Sequence[str], records: Sequence[Fields]) -> pl.DataFrame:
    """The records in `STANDARD` form, in the order given."""
    columns = {name: [record.get(name, (None,))[0] for record in records] for name in _SINGLE}
    for place, name in enumerate(_ALIAS_NAMES):
        columns[name] = [(*record.get("alias", ()), None, None)[place] for record in records]
    schema = {"identity_id": pl.Int64, "agency": pl.String, **dict.fromkeys(columns, pl.String)}
    return standardise_columns(
        pl.DataFrame({"identity_id": identity_ids, "agency": agencies, **columns}, schema=schema)
    )


def standardise_columns(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows in `STANDARD` form, in their order.

    ``rows`` has ``identity_id`` (Int64), ``agency`` and, as text as it was delivered, what there is of given_name,
    middle_name, surname, suffix, full_name, birth_date (ISO), sex, ssn, ssn_last4, state_id, fbi_number, licence,
    address, zip, phone, email, alias_0 and alias_1; a column that is missing counts as empty. Each distinct text
    is taken apart once.
    """
    missing = [pl.lit(None, pl.String).alias(name) for name in (*_SINGLE, *_ALIAS_NAMES) if name not in rows.columns]
    full = rows.with_columns(missing)
    postcodes = _once(full["zip"], zip=_postcode(pl.col("text")))
    codes = full.with_columns(_once(full["ssn_last4"], ssn_last4=_last4(pl.col("text"))).to_series())
    frames = [_names(full), _places(full), postcodes, codes.select("identity_id", "agency", "vouched", *_numbers())]
    return pl.concat(frames, how="horizontal").select(pl.col(name).cast(kind) for name, kind in STANDARD.items())


@lru_cache(1)
def nicknames() -> Mapping[str, str]:
    """Nickname → full name; a name that is both stays what it is."""
    found: dict[str, str] = json.loads((Path(__file__).parent / "nicknames.json").read_text())
    return found


def _cleaned(texts: pl.Series) -> pl.Series:
    """Texts in small letters without accents and marks; those of plain letters, most of all, take the short way."""
    plain = (texts.str.len_bytes() == texts.str.len_chars()).to_numpy()
    if plain.all():
        return texts.to_frame("text").select(_plain(pl.col("text"))).to_series()
    order = np.argsort(~plain, kind="stable")
    parts = [texts.filter(pl.Series(some)).to_frame("text") for some in (plain, ~plain)]
    made = [part.select(clean(pl.col("text"))).to_series() for part, clean in zip(parts, (_plain, _clean), strict=True)]
    return pl.concat(made).gather(np.argsort(order, kind="stable"))


def _plain(text: pl.Expr) -> pl.Expr:
    """What `_clean` makes of ASCII."""
    plain = text.str.to_lowercase().str.replace_all(r"['`.]", "")
    return plain.str.replace_all(r"[^a-z0-9,]+", " ").str.strip_chars(" ")


def _clean(text: pl.Expr) -> pl.Expr:
    plain = text.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    plain = plain.str.replace_many(["ß", "ø", "ł", "đ", "æ", "œ", "ı"], ["ss", "o", "l", "d", "ae", "oe", "i"])
    plain = plain.str.replace_all(r"['’`ʻʼ.]", "")
    return plain.str.replace_all(r"[^\p{L}\p{Nd},]+", " ").str.strip_chars(" ")


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


def _once(texts: pl.Series, **parts: pl.Expr) -> pl.DataFrame:
    """What is made of each text (``text``), as columns; each distinct text is looked at once."""
    coded = column(texts)
    return _gathered(coded.texts.to_frame("text").select(**parts), coded)


def _of_clean(texts: pl.Series, **parts: pl.Expr) -> pl.DataFrame:
    """The same of cleaned texts."""
    coded = column(texts)
    return _gathered(_cleaned(coded.texts).to_frame("text").select(**parts), coded)


def _gathered(made: pl.DataFrame, coded: Column) -> pl.DataFrame:
    """For each row what was made of its text, null where it has none."""
    if made.is_empty():
        return made.clear(len(coded.codes))
    places = pl.Series(coded.codes)
    return made.select(pl.all().gather(pl.when(places >= 0).then(places)))


def _words(text: pl.Expr) -> pl.Expr:
    """The words of a cleaned name that name somebody."""
    words = text.str.replace_all(",", " ").str.split(" ")
    return words.list.eval(pl.element().filter(~pl.element().is_in(["", *SUFFIXES, *PARTICLES, *NO_NAMES])))


def _givens(text: pl.Expr) -> pl.Expr:
    return _words(text).list.eval(pl.element().replace(dict(nicknames())))


def _suffix(text: pl.Expr) -> pl.Expr:
    """The first suffix in a cleaned name."""
    found = (
        text.str.replace_all(",", " ").str.split(" ").list.eval(pl.element().filter(pl.element().is_in(list(SUFFIXES))))
    )
    return found.list.first().replace_strict(SUFFIXES, default=None, return_dtype=pl.String)


def _written(rows: pl.DataFrame) -> pl.DataFrame:
    """Words of given names, surnames and aliases, and suffixes, of each row."""
    text = pl.col("text")
    of_given, of_surname = _given_of(text), _surname_of(text)
    parts = {
        "given_name": {"given": _givens(text), "written": _words(text), "of_given": _suffix(text)},
        "surname": {"surname": _words(text), "of_surname": _suffix(text)},
        "full_name": {
            "whole_given": _givens(of_given), "whole_written": _words(of_given), "whole_surname": _words(of_surname),
            "of_full": _suffix(text),
        },
        "middle_name": {"middle": _givens(text)},
        "suffix": {"suffix": text.replace_strict(SUFFIXES, default=None, return_dtype=pl.String)},
        **{name: {f"given_{name}": _givens(of_given), f"surname_{name}": _words(of_surname)} for name in _ALIAS_NAMES},
    }  # fmt: skip
    found = pl.concat([_of_clean(rows[name], **made) for name, made in parts.items()], how="horizontal")
    return found.with_columns(
        given=pl.coalesce("given", "whole_given"),
        written=pl.coalesce("written", "whole_written", "middle"),
        surname=pl.coalesce("surname", "whole_surname"),
        suffix=pl.coalesce("suffix", "of_given", "of_surname", "of_full"),
    )


def _joined(rows: pl.DataFrame, first: str, *others: str) -> pl.Series:
    """The lists of a column with those of others behind them, row by row; to join lists takes long where none are."""
    lists = rows[first].fill_null([])
    more = rows.select(pl.any_horizontal(pl.col(name).list.len().fill_null(0) > 0 for name in others))
    at = np.flatnonzero(more.to_series().to_numpy())
    longer = rows[at].select(pl.concat_list(pl.col(name).fill_null([]) for name in (first, *others))).to_series()
    place = np.arange(len(lists))
    place[at] = len(lists) + np.arange(len(at))
    return pl.concat([lists, longer]).gather(place)


def _names(rows: pl.DataFrame) -> pl.DataFrame:
    found = _written(rows)
    tokens = found.with_columns(
        _joined(found, "given", "middle").alias("tokens"),
        _joined(found, "surname", *(f"surname_{name}" for name in _ALIAS_NAMES)).alias("surnames"),
        joined=pl.col("surname").list.join(" "),
    )
    all_givens = _joined(tokens, "tokens", *(f"given_{name}" for name in _ALIAS_NAMES))
    tokens = tokens.with_columns(all_givens.alias("all_givens"))
    return tokens.select(
        given=pl.col("tokens").list.first(),
        written=pl.col("written").list.first(),
        surname=pl.when(pl.col("joined") != "").then(pl.col("joined")),
        middle=pl.col("tokens").list.get(1, null_on_oob=True).str.slice(0, 1),
        givens=pl.col("all_givens").list.eval(pl.element().filter(pl.element().str.len_chars() > 1)).list.unique(),
        surnames=pl.col("surnames").list.unique(),
        suffix="suffix",
    ).with_columns(full_name=pl.concat_str("given", "surname", separator=" "))


def _places(rows: pl.DataFrame) -> pl.DataFrame:
    coded = column(rows["address"])
    texts = _cleaned(coded.texts).to_frame("text").select(pl.col("text").str.replace_all(",", ""))
    is_address = ~pl.col("text").str.contains(NO_ADDRESSES) & (pl.col("text") != "")
    texts = texts.select(address=pl.when(is_address).then("text"))
    words = texts.with_columns(words=pl.col("address").str.split(" ").list.unique(maintain_order=True))
    number = pl.element().str.contains("[0-9]")
    tells = (pl.element().str.len_chars() > 2) & ~pl.element().is_in(STREET_WORDS)
    made = words.select(
        "address",
        houses=pl.col("words").list.eval(pl.element().filter(number)),
        streets=pl.col("words").list.eval(pl.element().filter(~number & tells)),
    )
    return _gathered(made, coded)


def _code(name: str) -> pl.Expr:
    text = pl.col(name).str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "").str.strip_chars_start("0")
    same = text.str.contains(r"^(0*|9+|X+|UNK.*|NONE|NA)$")
    return pl.when(~same & (text.str.len_chars() >= 4)).then(text).alias(name)


def _postcode(text: pl.Expr) -> pl.Expr:
    code = text.str.to_uppercase().str.replace_all(r"[ .]", "").str.extract(r"^([0-9]{5}|[0-9A-Z]{3,8})")
    return pl.when(~code.str.contains("^(0*|9+)$")).then(code)


def _last4(text: pl.Expr) -> pl.Expr:
    return text.str.extract("([0-9]{4})$")


def _numbers() -> list[pl.Expr]:
    """The numbers; of ``ssn_last4`` four digits are left."""
    digits = pl.col("ssn").str.replace_all(r"[^0-9]", "")
    whole = pl.col("ssn").str.contains(r"^[0-9 -]+$") & (digits.str.len_chars() == 9)
    fake = digits.is_in(PLACEHOLDER_SSNS) | digits.str.contains(r"^(000|666|9)|^...00|0000$|^(1+|2+|3+|4+|5+|7+|8+)$")
    ssn = pl.when(whole & ~fake).then(digits).when(pl.col("ssn").str.contains(_HASH)).then(pl.col("ssn"))
    last4 = pl.coalesce(pl.when(whole & ~fake).then(digits.str.slice(5)), "ssn_last4")
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
        pl.when(phone.str.contains(r"^[2-9][0-9]{9}$")).then(phone).alias("phone"),
        pl.col("email").str.to_lowercase().str.strip_chars().alias("email"),
    ]
