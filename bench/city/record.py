"""How an agency writes a person down: moved, married, misheard, mistyped, swapped or left out."""

from dataclasses import dataclass

import numpy as np
import polars as pl

LETTERS = "aeiounrstlmdch"


@dataclass(frozen=True)
class Habits:
    """Shares (0–1) of an agency's records in which something about the person is not the plain truth."""

    nickname: float
    maiden: float
    one_surname: float
    hyphen: float
    no_accents: float
    typo: float
    swapped_names: float
    no_middle: float
    initial: float
    day_month: float
    birth_error: float
    no_birth: float
    no_ssn4: float
    no_sid: float
    wrong_sid: float
    no_phone: float
    stale_address: float


COURT = Habits(
    nickname=0.03, maiden=0.12, one_surname=0.35, hyphen=0.15, no_accents=0.6, typo=0.04, swapped_names=0.004,
    no_middle=0.3, initial=0.6, day_month=0.008, birth_error=0.01, no_birth=0.01, no_ssn4=1.0, no_sid=0.45,
    wrong_sid=0.002, no_phone=1.0, stale_address=0.1,
)  # fmt: skip
PROBATION = Habits(
    nickname=0.04, maiden=0.08, one_surname=0.15, hyphen=0.3, no_accents=0.3, typo=0.02, swapped_names=0.003,
    no_middle=0.2, initial=0.3, day_month=0.004, birth_error=0.006, no_birth=0.004, no_ssn4=0.2, no_sid=0.12,
    wrong_sid=0.001, no_phone=0.3, stale_address=0.15,
)  # fmt: skip
PEER = Habits(
    nickname=0.22, maiden=0.1, one_surname=0.4, hyphen=0.1, no_accents=0.2, typo=0.03, swapped_names=0.008,
    no_middle=0.7, initial=0.1, day_month=0.012, birth_error=0.01, no_birth=0.03, no_ssn4=1.0, no_sid=1.0,
    wrong_sid=0.0, no_phone=0.25, stale_address=0.05,
)  # fmt: skip


def recorded(people: pl.DataFrame, on: pl.Series, habits: Habits, rng: np.random.Generator) -> pl.DataFrame:
    """One record for each row of ``people``, written on the dates ``on``; null where left out.

    Columns: person, given, middle, surname, suffix, alias, birth, sex, race, ssn4, sid, street, zip, phone, email.
    """
    size = len(people)

    def chance(share: float) -> pl.Series:
        return pl.Series(rng.random(size) < share)

    accents, swapped = chance(habits.no_accents), chance(habits.swapped_names)
    moved = (on >= people["moved"]).fill_null(False) & ~chance(habits.stale_address)
    frame = people.with_columns(
        given=pl.when(chance(habits.nickname)).then(pl.coalesce("nickname", "given")).otherwise("given"),
        surname=_surname(chance(habits.maiden), chance(habits.one_surname), chance(habits.hyphen)),
        middle=pl.when(chance(habits.no_middle)).then(None)
        .when(chance(habits.initial)).then(pl.col("middle").str.slice(0, 1)).otherwise("middle"),
        alias=pl.when(chance(0.3)).then(pl.coalesce("nickname", "maiden")),
        street=pl.when(moved).then("new_street").otherwise("street"),
        zip=pl.when(moved).then("new_zip").otherwise("zip"),
        birth=_birth(chance(habits.no_birth), chance(habits.day_month), chance(habits.birth_error), rng, size),
        ssn4=pl.when(~chance(habits.no_ssn4)).then("ssn4"),
        sid=pl.when(~chance(habits.no_sid))
        .then(pl.when(chance(habits.wrong_sid)).then(pl.col("sid").shift(1)).otherwise("sid")),
        phone=pl.when(~chance(habits.no_phone)).then("phone"),
        email=pl.when(~chance(habits.no_phone)).then("email"),
    ).with_columns(
        given=_mistyped("given", chance(habits.typo), rng, size),
        surname=_mistyped("surname", chance(habits.typo), rng, size),
    ).with_columns(
        pl.when(accents).then(_plain(name)).otherwise(name).alias(name) for name in ("given", "middle", "surname")
    ).with_columns(
        given=pl.when(swapped).then("surname").otherwise("given"),
        surname=pl.when(swapped).then("given").otherwise("surname"),
    )  # fmt: skip
    return frame.select(
        "person", "given", "middle", "surname", "suffix", "alias", "birth", "sex", "race", "ssn4", "sid",
        "street", "zip", "phone", "email",
    )  # fmt: skip


def _surname(maiden: pl.Series, one: pl.Series, hyphen: pl.Series) -> pl.Expr:
    both = pl.concat_str("surname", pl.when(hyphen).then(pl.lit("-")).otherwise(pl.lit(" ")), "second_surname")
    double = pl.when(pl.col("second_surname").is_null() | one).then("surname").otherwise(both)
    return pl.when(maiden).then(pl.coalesce("maiden", double)).otherwise(double)


def _birth(missing: pl.Series, swapped: pl.Series, wrong: pl.Series, rng: np.random.Generator, size: int) -> pl.Expr:
    year, month, day = pl.col("birth").dt.year(), pl.col("birth").dt.month(), pl.col("birth").dt.day()
    other = pl.date(year, day.clip(upper_bound=12), month)
    slip = pl.Series(rng.choice([-10, -1, 1, 10], size))
    near = pl.date(year + slip, month, day.clip(upper_bound=28))
    return (
        pl.when(missing).then(None)
        .when(swapped & (day <= 12)).then(other)
        .when(wrong).then(near)
        .otherwise("birth")
    )  # fmt: skip


def _mistyped(column: str, wrong: pl.Series, rng: np.random.Generator, size: int) -> pl.Expr:
    """Substitute, drop, double or transpose one letter behind the first, where ``wrong``."""
    name, length = pl.col(column), pl.col(column).str.len_chars().cast(pl.Int64)
    at = 1 + pl.Series(rng.integers(0, 1 << 30, size)) % (length - 2).clip(lower_bound=1)
    letter = pl.Series(list(LETTERS)).gather(pl.Series(rng.integers(0, len(LETTERS), size)))
    kind = pl.Series(rng.integers(0, 4, size))
    before, after = name.str.slice(0, at), name.str.slice(at + 1)
    here, following = name.str.slice(at, 1), name.str.slice(at + 1, 1)
    return (
        pl.when(~wrong | (length < 3)).then(name)
        .when(kind == 0).then(pl.concat_str(before, letter, after))
        .when(kind == 1).then(pl.concat_str(before, after))
        .when(kind == 2).then(pl.concat_str(before, here, here, after))
        .otherwise(pl.concat_str(before, following, here, name.str.slice(at + 2)))
    )  # fmt: skip


def _plain(column: str) -> pl.Expr:
    return pl.col(column).str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.replace_all("ø", "o")
