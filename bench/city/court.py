"""What the Metro court delivers: charges with a name, and dispositions, sentences and hearings without."""

import numpy as np
import polars as pl

from bench.city.calendar import DAYS, FIRST_DAY, as_dates
from bench.city.lives import Lives
from bench.city.parts import Delivery, numbered, one_of, pick, repeated
from bench.city.record import COURT, recorded

CO_DEFENDANT_SHARE = 0.12
NEW_PARTY_SHARE = 0.12
"""Of a person's later cases, the share for which the clerk opens a new party number."""

OFFENSES = {
    "2202 BURGLARY - FORCED ENTRY-RESIDENCE": 6,
    "2299 BURGLARY - SEE MIS TEXT": 8,
    "2303 LARCENY - SHOPLIFTING": 12,
    "2308 LARCENY - FROM BUILDING": 7,
    "2404 THEFT AND SALE - VEHICLE": 6,
    "1204 ROBBERY - STREET-GUN": 4,
    "1315 AGGRAV ASLT - WEAPON": 7,
    "1313 SIMPLE ASSAULT - NON-AGGRAVATED": 14,
    "3560 AMPHETAMINE - SELL": 6,
    "3562 AMPHETAMINE - POSSESSION FOR USE": 16,
    "3572 POSS DRUG PARAPHERNALIA": 9,
    "5404 DRIVING UNDER INFLUENCE - LIQUOR": 16,
    "5707 TRESPASSING - SEE MIS TEXT": 8,
    "5212 POSSESSION OF WEAPON": 5,
    "2604 FRAUD - IMPERSONATION": 4,
    "2589 FORGERY - PASS CHECK": 4,
    "2999 DAMAGE PROPERTY - BUSINESS": 6,
    "5311 DISORDERLY CONDUCT - PUBLIC ORDER": 7,
    "4801 RESISTING OFFICER": 5,
    "5015 FAILURE TO APPEAR": 4,
}
FELONIES = ("2202", "2299", "2404", "1204", "1315", "3560", "5212", "2604", "2589")
NOT_GUILTY = {"DISMISSED": 60, "NOLLE PROSEQUI": 15, "ACQUITTED": 6, "DIVERTED": 14, "MISTRIAL": 1, "TRANSFERRED": 4}
GUILTY = {"PLED GUILTY": 88, "GUILTY BY JURY": 5, "GUILTY BY COURT": 5, "GUILTY OTHER": 2}
KINDS = {"JAIL": 45, "FINE": 22, "PRISON": 14, "COMM SVC": 12, "OTHER": 7}


def deliver(people: pl.DataFrame, lives: Lives, rng: np.random.Generator) -> list[Delivery]:
    """The four files of the court as of the last day."""
    cases = _numbered_cases(lives.cases, rng)
    charges = _charges(cases, rng)
    return [
        Delivery("metro_court_charges", "charges_20250630.txt", _charge_rows(people, cases, charges, rng)),
        Delivery("metro_court_dispositions", "dispositions_20250630.txt", _dispositions(charges, rng)),
        Delivery("metro_court_sentences", "sentences_20250630.txt", _sentences(charges, rng)),
        Delivery("metro_court_hearings", "hearings_20250630.txt", _hearings(cases, rng)),
    ]


def charge_rows(people: pl.DataFrame, lives: Lives, rng: np.random.Generator) -> pl.DataFrame:
    """The rows of the file of charges alone."""
    cases = _numbered_cases(lives.cases, rng)
    return _charge_rows(people, cases, _charges(cases, rng), rng)


def _numbered_cases(cases: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Add CASE_NO, DEF_NO, PARTY_ID; some neighbours in time become co-defendants of one case."""
    size = len(cases)
    joins = np.zeros(size, dtype=bool)
    joins[1::2] = rng.random(size)[1::2] < CO_DEFENDANT_SHARE
    joins[1:] &= cases["person"].to_numpy()[1:] != cases["person"].to_numpy()[:-1]
    case = np.arange(size) - joins
    later = cases.select(pl.col("person").cum_count().over("person") > 1).to_series()
    renewed = later.to_numpy() & (rng.random(size) < NEW_PARTY_SHARE)
    person = cases["person"].to_numpy()
    year = pl.Series(FIRST_DAY.year + cases["filed"].to_numpy() // 365.25).cast(pl.Int32)
    return cases.with_columns(
        CASE_NO=(pl.lit("MC-CR-") + year.gather(pl.Series(case)).cast(pl.String) + "-" + numbered("", case + 1, 7)),
        DEF_NO=pl.when(pl.Series(joins)).then(pl.lit("D02")).otherwise(pl.lit("D01")),
        PARTY_ID=numbered("P", np.where(renewed, 50_000_000 + np.arange(size), person * 7 % 50_000_000), 8),
    )


def _charges(cases: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    size = len(cases)
    counts = 1 + np.minimum(rng.poisson(0.55, size), 5)
    rows = repeated(cases.with_columns(record=pl.Series(np.arange(size))), counts).rename({"nth": "count"})
    offense = pick(OFFENSES, len(rows), rng)
    felony = offense.str.slice(0, 4).is_in(FELONIES)
    return rows.with_columns(
        (pl.col("count") + 1).alias("COUNT_NO"),
        offense.alias("OFFENSE"),
        pl.when(felony).then(pl.lit("F")).otherwise(pl.lit("M")).alias("GRADE"),
    ).with_columns(
        pl.when(pl.Series(rng.random(len(rows)) < 0.01)).then(pl.lit("U")).otherwise("GRADE").alias("GRADE"),
    )


def _charge_rows(
    people: pl.DataFrame, cases: pl.DataFrame, charges: pl.DataFrame, rng: np.random.Generator
) -> pl.DataFrame:
    """The charges as the clerk writes them: the same words about the person on each count of a case."""
    who = recorded(people[cases["person"]], as_dates(cases["filed"]), COURT, rng)
    told = who[charges["record"]]
    return charges.select("person", "CASE_NO", "DEF_NO", "PARTY_ID", "COUNT_NO", "OFFENSE", "GRADE").with_columns(
        DEFENDANT=told.select(full_name()).to_series(),
        DOB=told["birth"], SEX=told["sex"], SID=told["sid"],
        ADDRESS=told["street"].str.to_uppercase(), ZIP=told["zip"],
        OFFENSE_DT=as_dates(charges["offence"]), FILED_DT=as_dates(charges["filed"]),
    )  # fmt: skip


def full_name() -> pl.Expr:
    """``SURNAME, GIVEN MIDDLE SUFFIX`` in capitals, from the columns of a record."""
    words = pl.concat_str("given", "middle", "suffix", separator=" ", ignore_nulls=True)
    return pl.concat_str("surname", pl.lit(", "), words).str.to_uppercase()


def _guilty() -> pl.Expr:
    """The first count carries the conviction of the case; further ones do in every second case."""
    return pl.col("convicted") & ((pl.col("count") == 0) | (pl.col("record") % 2 == 0))


def _dispositions(charges: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    rows = charges.filter(pl.col("disposed").is_not_null())
    guilty = rows.select(_guilty()).to_series()
    size = len(rows)
    reduced = pl.Series(rng.random(size) < 0.12) & guilty
    return rows.with_columns(
        as_dates(rows["disposed"]).alias("DISP_DT"),
        pl.when(guilty).then(pick(GUILTY, size, rng)).otherwise(pick(NOT_GUILTY, size, rng)).alias("DISPOSITION"),
        pl.when(reduced).then(pick(OFFENSES, size, rng)).otherwise("OFFENSE").alias("DISP_OFFENSE"),
        one_of(("HON. A. WHITFIELD", "HON. M. ÁLVAREZ", "HON. R. OKONKWO", "HON. J. LINDQVIST"), size, rng)
        .alias("JUDGE"),
    ).select("person", "CASE_NO", "DEF_NO", "COUNT_NO", "DISP_DT", "DISPOSITION", "DISP_OFFENSE", "JUDGE")  # fmt: skip


def _sentences(charges: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    rows = charges.filter(pl.col("disposed").is_not_null() & _guilty())
    rows = repeated(rows, 1 + (rng.random(len(rows)) < 0.3))
    size = len(rows)
    probation = pl.col("probation") & (pl.col("count") == 0) & (pl.col("nth") == 0)
    days = pl.Series(rng.choice([10, 30, 60, 90, 180, 365, 730, 1_095], size))
    kind = pl.col("SENTENCE_TYPE")
    return rows.with_columns(
        as_dates(rows["disposed"]).alias("SENTENCE_DT"), (pl.col("nth") + 1).alias("PART_NO"),
        pl.when(probation).then(pl.lit("PROBATION")).when(pl.col("nth") > 0).then(pl.lit("FINE"))
        .otherwise(pick(KINDS, size, rng)).alias("SENTENCE_TYPE"),
    ).with_columns(
        pl.when(kind.is_in(["PRISON", "JAIL", "PROBATION"])).then(days).alias("DAYS"),
        pl.when(kind.is_in(["PRISON", "JAIL"]) & pl.Series(rng.random(size) < 0.3)).then(days // 2)
        .alias("SUSPENDED_DAYS"),
    ).select(
        "person", "CASE_NO", "DEF_NO", "COUNT_NO", "PART_NO", "SENTENCE_DT", "SENTENCE_TYPE", "DAYS", "SUSPENDED_DAYS",
    )  # fmt: skip


def _hearings(cases: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    planned = rng.integers(2, 6, len(cases))
    rows = repeated(cases.with_columns(planned=pl.Series(planned)), planned)
    until = pl.col("disposed").fill_null(pl.col("filed") + 180)
    day = (pl.col("filed") + 2 + (until - pl.col("filed") - 2) * pl.col("nth") / (pl.col("planned") - 1)).floor()
    rows = rows.with_columns(day=day).filter(pl.col("day") <= DAYS)
    size = len(rows)
    last = pl.col("nth") == pl.col("planned") - 1
    return rows.with_columns(
        (pl.col("nth") + 1).alias("SETTING_NO"), as_dates(rows["day"]).alias("HEARING_DT"),
        pl.when(pl.col("nth") == 0).then(pl.lit("ARR")).when(last).then(one_of(("SEN", "TRL"), size, rng))
        .otherwise(one_of(("PTC", "MOT", "REV"), size, rng)).alias("HEARING_TYPE"),
        pick({"Y": 83, "N": 8, "E": 6, "U": 3}, size, rng).alias("APPEARED"),
        numbered("DEPT ", rng.integers(1, 40, size), 2).alias("COURTROOM"),
    ).select(
        "person", "CASE_NO", "DEF_NO", "SETTING_NO", "HEARING_DT", "HEARING_TYPE", "APPEARED", "COURTROOM",
    )  # fmt: skip
