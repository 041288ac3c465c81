"""Who lives in the city: true names, birth dates, numbers and addresses, one row a person."""

from typing import Any

import numpy as np
import polars as pl

from bench.city import names
from bench.city.calendar import as_dates

TWIN_SHARE = 0.012
JUNIOR_SHARE = 0.02
PEOPLE_A_ZIP = 4_000

Numbers = np.ndarray[Any, np.dtype[Any]]


def make_people(count: int, rng: np.random.Generator) -> pl.DataFrame:
    """``count`` persons with truth columns; twins and juniors stand next to their sibling or father.

    Columns: person, race, sex, given, middle, surname, second_surname, maiden, suffix, birth, ssn4, sid,
    nickname, street, zip, new_street, new_zip, moved, phone, email, twin_of, father.
    """
    group = rng.choice(len(names.GROUPS), count, p=names.SHARES)
    female = rng.random(count) < 0.24
    frame = pl.DataFrame({
        "person": np.arange(count),
        "race": pl.Series(names.GROUPS).gather(pl.Series(group)),
        "sex": np.where(female, "F", "M"),
        "given": _given(group, female, rng),
        "middle": _given(group, female, rng),
        "surname": _surname(group, rng),
        "second_surname": _surname(group, rng),
        "maiden": _surname(group, rng),
        "birth": as_dates(-(18 * 365 + rng.gamma(2.2, 2_300, count)).astype(np.int64).clip(max=75 * 365)),
        **_numbers(count, rng),
        **_addresses(count, rng),
    })  # fmt: skip
    frame = frame.with_columns(
        middle=pl.when(pl.Series(rng.random(count) < 0.25)).then(None).otherwise("middle"),
        second_surname=pl.when(pl.col("race") == "hispanic").then("second_surname"),
        maiden=pl.when((pl.col("sex") == "F") & pl.Series(rng.random(count) < 0.3)).then("maiden"),
        nickname=pl.col("given").replace_strict(names.nicknames(), default=None, return_dtype=pl.String),
    )
    return _relatives(frame, rng).with_columns(email=_email())


def _zipf(size: int) -> Numbers:
    weights: Numbers = 1 / (np.arange(size) + 8.0)
    weights /= weights.sum()
    return weights


def _given(group: Numbers, female: Numbers, rng: np.random.Generator) -> pl.Series:
    chosen = np.empty(len(group), dtype=object)
    for index, name in enumerate(names.GROUPS):
        for sex, of_sex in (("M", ~female), ("F", female)):
            rows = np.flatnonzero((group == index) & of_sex)
            pool = np.array(names.GIVEN[name, sex].split(), dtype=object)
            chosen[rows] = pool[rng.choice(len(pool), len(rows), p=_zipf(len(pool)))]
    return pl.Series(chosen, dtype=pl.String)


def _surname(group: Numbers, rng: np.random.Generator) -> pl.Series:
    chosen = np.empty(len(group), dtype=object)
    for index, name in enumerate(names.GROUPS):
        rows = np.flatnonzero(group == index)
        pool = np.array(names.surnames_of(name), dtype=object)
        chosen[rows] = pool[rng.choice(len(pool), len(rows), p=_zipf(len(pool)))]
    return pl.Series(chosen, dtype=pl.String)


def _numbers(count: int, rng: np.random.Generator) -> dict[str, pl.Series]:
    text = pl.Series(rng.permutation(count) + 1_000_001).cast(pl.String)
    phone = pl.Series(rng.integers(2_000_000_000, 9_899_999_999, count)).cast(pl.String)
    return {
        "ssn4": pl.Series(rng.integers(1, 9_999, count)).cast(pl.String).str.zfill(4),
        "sid": "CA" + text.str.zfill(7),
        "phone": phone,
    }


def _addresses(count: int, rng: np.random.Generator) -> dict[str, pl.Series]:
    moves = rng.random(count) < 0.35
    moved = as_dates(rng.integers(0, 1_640, count)).to_frame("moved").select(pl.when(pl.Series(moves)).then("moved"))
    zips = 90_001 + rng.integers(0, max(12, count // PEOPLE_A_ZIP), (2, count)) % 900
    return {
        "street": _streets(count, rng), "zip": pl.Series(zips[0]).cast(pl.String),
        "new_street": _streets(count, rng), "new_zip": pl.Series(zips[1]).cast(pl.String),
        "moved": moved.to_series(),
    }  # fmt: skip


def _streets(count: int, rng: np.random.Generator) -> pl.Series:
    house = pl.Series(rng.integers(1, 9_900, count)).cast(pl.String)
    streets = names.STREETS.split()
    street = pl.Series(streets).gather(pl.Series(rng.integers(0, len(streets), count)))
    flat = " Apt " + pl.Series(rng.integers(1, 400, count)).cast(pl.String)
    flat = flat.to_frame("flat").select(pl.when(pl.Series(rng.random(count) < 0.55)).then("flat")).to_series()
    kind = pl.Series(names.STREET_KINDS).gather(pl.Series(rng.integers(0, len(names.STREET_KINDS), count)))
    return house + " " + street + " " + kind + flat.fill_null("")


def _relatives(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Make some persons the twin of the one before them, and some the son and namesake of theirs."""
    kind = np.zeros(len(frame), dtype=np.int8)
    draw = rng.random(len(frame))
    kind[1::2] = np.where(draw < TWIN_SHARE, 1, np.where(draw < TWIN_SHARE + JUNIOR_SHARE, 2, 0))[1::2]
    twin, junior = pl.Series(kind == 1), pl.Series(kind == 2) & (frame["sex"].shift(1) == "M").fill_null(False)
    related = twin | junior
    before = frame.select(pl.all().shift(1))
    family = [pl.when(related).then(before[name]).otherwise(pl.col(name)).alias(name)
              for name in ("race", "surname", "second_surname", "street", "zip")]  # fmt: skip
    namesake = [pl.when(junior).then(before[name]).otherwise(pl.col(name)).alias(name)
                for name in ("given", "middle", "nickname", "sex")]  # fmt: skip
    years = pl.lit(pl.Series(rng.integers(19, 30, len(frame))))
    suffix = pl.when(junior).then(pl.lit("JR")).when(junior.shift(-1).fill_null(False)).then(pl.lit("SR"))
    return frame.with_columns(
        *family, *namesake,
        maiden=pl.when(related).then(None).otherwise("maiden"),
        suffix=pl.when(pl.Series(rng.random(len(frame)) < 0.8)).then(suffix),
        birth=pl.when(twin).then(before["birth"]).otherwise("birth"),
        twin_of=pl.when(twin).then(before["person"]),
        father=pl.when(junior).then(before["person"]),
    ).with_columns(
        birth=pl.when(junior.shift(-1).fill_null(False))
        .then(pl.col("birth").shift(-1) - pl.duration(days=years * 365 + 5)).otherwise("birth"),
    )  # fmt: skip


def _email() -> pl.Expr:
    local = pl.concat_str("given", pl.lit("."), "surname", pl.col("person") % 97)
    plain = local.str.to_lowercase().str.normalize("NFKD").str.replace_all(r"[^a-z0-9.]", "")
    return plain + "@example.org"
