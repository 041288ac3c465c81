"""What the Metro probation department delivers: supervision with a name, the rest by the probationer's number."""

import numpy as np
import polars as pl

from bench.city.calendar import DAYS, as_dates
from bench.city.lives import Lives
from bench.city.parts import Delivery, numbered, one_of, pick, repeated
from bench.city.record import PROBATION, recorded

EXITS = {
    "CO": "Completed", "OU": "Terminated Unsatisfactorily", "RT": "Revoked - Technical", "RN": "Revoked - New Offense",
    "AB": "Absconded", "TR": "Transferred Out", "DE": "Deceased",
}  # fmt: skip
RACES = {"white": "White", "black": "Black", "hispanic": "Hispanic", "asian": "Asian", "other": "Other"}
OFFICERS = ("Ortega, L.", "Nguyen, T.", "Baptiste, R.", "O'Neill, S.", "Kowalczyk, M.")
NOTES = (
    "Reports as directed", "Reports as directed, employed", 'Says he is "doing fine"', "Moved; new address verified",
    "Referred to peer support, attends", "Called mother,\r\nconfirmed residence",
)  # fmt: skip
VIOLATION_HAZARD = 0.0013
CONTACT_EVERY_DAYS = 30
TEST_EVERY_DAYS = 60


def deliver(people: pl.DataFrame, lives: Lives, rng: np.random.Generator) -> list[Delivery]:
    """The four files of the department as of the last day."""
    periods = _periods(lives)
    return [
        Delivery("metro_probation_supervision", "supervision_20250630.csv", _supervision(people, periods, rng)),
        Delivery("metro_probation_contacts", "contacts_20250630.csv", _contacts(periods, rng)),
        Delivery("metro_probation_violations", "violations_20250630.csv", _violations(periods, rng)),
        Delivery("metro_probation_drug_tests", "drug_tests_20250630.csv", _drug_tests(periods, rng)),
    ]


def _periods(lives: Lives) -> pl.DataFrame:
    """One row a supervision: person, its numbers, start, end (null: open), last day seen, exit."""
    rows = lives.persons.filter("supervised").sort("supervision_start", "person")
    return rows.select(
        "person", "exit", "reoffence", pl.col("supervision_start").alias("start"),
        pl.col("supervision_end").alias("end"), pl.col("supervision_end").fill_null(DAYS).alias("seen"),
        numbered("", rows["person"] * 13 % 9_000_000 + 1_000_000, 7).alias("Probationer ID"),
        numbered("SV-", np.arange(len(rows)) + 1, 8).alias("Supervision No"),
    )  # fmt: skip


def _supervision(people: pl.DataFrame, periods: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    told = recorded(people[periods["person"]], as_dates(periods["start"]), PROBATION, rng)
    size = len(periods)
    phone = pl.col("phone")
    named = told.select(
        "person", pl.col("sid").alias("SID"), pl.col("ssn4").alias("SSN Last 4"), pl.col("surname").alias("Last Name"),
        pl.col("given").alias("First Name"), pl.col("middle").alias("Middle Name"), pl.col("suffix").alias("Suffix"),
        pl.col("alias").alias("AKA"), pl.col("birth").alias("Date of Birth"),
        pl.col("sex").replace_strict({"M": "Male", "F": "Female"}).alias("Gender"),
        pl.col("race").replace_strict(RACES).alias("Race"), pl.col("street").alias("Street"),
        pl.col("zip").alias("Zip"),
        ("(" + phone.str.slice(0, 3) + ") " + phone.str.slice(3, 3) + "-" + phone.str.slice(6, 4)).alias("Phone"),
    )  # fmt: skip
    return named.with_columns(
        periods["Probationer ID"], periods["Supervision No"],
        pick({"Formal Probation": 70, "Summary Probation": 18, "Drug Court": 8, "Parole": 4}, size, rng)
        .alias("Supervision Type"),
        as_dates(periods["start"]).alias("Start Date"), as_dates(periods["end"]).alias("End Date"),
        periods["exit"].replace_strict(EXITS, default=None, return_dtype=pl.String).alias("Close Reason"),
        pl.when(pl.Series(rng.random(size) < 0.6)).then(one_of(NOTES, size, rng)).alias("Officer Notes"),
    )  # fmt: skip


def _contacts(periods: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    length = (periods["seen"] - periods["start"]).to_numpy()
    rows = repeated(periods, length // CONTACT_EVERY_DAYS)
    size = len(rows)
    day = rows["start"] + (rows["nth"] + 1) * CONTACT_EVERY_DAYS - pl.Series(rng.integers(0, 9, size))
    return rows.with_columns(
        numbered("C", np.arange(size) + 1, 9).alias("Contact No"), as_dates(day).alias("Contact Date"),
        pick({"Office": 45, "Home Visit": 18, "Field": 10, "Telephone": 20, "Video": 7}, size, rng)
        .alias("Contact Type"),
        pick({"Kept": 80, "Missed": 13, "Excused": 7}, size, rng).alias("Result"),
        one_of(OFFICERS, size, rng).alias("Officer"),
    ).select(
        "person", "Contact No", "Probationer ID", "Supervision No", "Contact Date", "Contact Type", "Result", "Officer",
    )  # fmt: skip


def _drug_tests(periods: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    length = (periods["seen"] - periods["start"]).to_numpy()
    tested = rng.random(len(periods)) < 0.5
    rows = repeated(periods, np.where(tested, length // TEST_EVERY_DAYS, 0))
    size = len(rows)
    day = rows["start"] + (rows["nth"] + 1) * TEST_EVERY_DAYS - pl.Series(rng.integers(0, 20, size))
    return rows.with_columns(
        numbered("S", np.arange(size) + 1, 9).alias("Specimen No"), as_dates(day).alias("Collected"),
        pick({"5": 60, "10": 25, "EtG": 15}, size, rng).alias("Panel"),
        pick({"Negative": 80, "Positive": 13, "Refused": 3, "Dilute": 3, "Invalid": 1}, size, rng).alias("Result"),
        one_of(("Quest", "County Lab", "Averhealth, West"), size, rng).alias("Laboratory"),
    ).select("person", "Specimen No", "Probationer ID", "Collected", "Panel", "Result", "Laboratory")  # fmt: skip


def _violations(periods: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Incidents by chance, and the one that ends a supervision by revocation or absconding."""
    length = (periods["seen"] - periods["start"]).to_numpy()
    chance = repeated(periods, rng.poisson(VIOLATION_HAZARD * length))
    size = len(chance)
    chance = chance.with_columns(
        day=(pl.col("start") + 1 + (pl.col("seen") - pl.col("start") - 1) * pl.Series(rng.random(size))).floor(),
        kind=pick({"Technical": 88, "New Offense": 12}, size, rng), final=pl.lit(None, dtype=pl.String),
    )  # fmt: skip
    last = periods.filter(pl.col("exit").is_in(["RT", "RN", "AB"])).with_columns(
        nth=pl.lit(0, dtype=pl.Int64), final="exit",
        day=pl.max_horizontal(pl.col("start"), pl.col("end") - 12),
        kind=pl.col("exit").replace_strict({"RT": "Technical", "RN": "New Offense", "AB": "Absconding"}),
    )  # fmt: skip
    incidents = pl.concat([chance, last.select(chance.columns)]).sort("day", "person")
    incidents = incidents.with_columns(numbered("V", np.arange(len(incidents)) + 1, 8).alias("Incident No"))
    rows = repeated(incidents.drop("nth"), 1 + (rng.random(len(incidents)) < 0.25))
    return _violation_rows(rows, rng)


def _violation_rows(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    size = len(rows)
    revoked = pl.col("final").is_in(["RT", "RN"]).fill_null(False)
    stated = revoked & (pl.col("nth") == 0)
    usual = pick({"No Action": 20, "Warning": 40, "Sanction": 25, "Modified": 15}, size, rng)
    ground = pl.col("final").replace_strict(
        {"RT": "Technical", "RN": "New Offense"}, default=None, return_dtype=pl.String
    )  # fmt: skip
    further = pl.when(pl.col("nth") > 0).then(pl.lit("Technical")).otherwise("kind")
    return rows.with_columns(
        (pl.col("nth") + 1).alias("Violation No"), as_dates(rows["day"]).alias("Incident Date"),
        further.alias("Violation Type"), one_of(("FTR", "Curfew", "Travel, unapproved", "Test"), size, rng)
        .alias("Description"),
        pl.when(revoked).then(pl.lit("Revoked")).otherwise(usual).alias("Outcome"),
        as_dates(rows["end"]).alias("Revocation Date"), ground.alias("Revocation Type"),
    ).select(
        "person", "Incident No", "Violation No", "Probationer ID", "Supervision No", "Incident Date",
        "Violation Type", "Description", "Outcome",
        pl.when(stated).then("Revocation Date").alias("Revocation Date"),
        pl.when(stated).then("Revocation Type").alias("Revocation Type"),
    )  # fmt: skip
