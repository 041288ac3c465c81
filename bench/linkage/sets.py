"""The records that the linker is measured on, each with the truth: known sets by name, and files of one's own."""

import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from bench.linkage.febrl import FILES, NAMES, febrl
from bench.linkage.people import population

CACHE: Final = Path(".throughcare/bench")
CITY_SEED: Final = 20_261
FEBRL: Final = ("febrl4", "febrl4_no_ssn", "febrl3", "febrl1", "febrl2")
"""What the name ``febrl`` stands for."""
NAMED: Final = (*FEBRL, "city", "pseudopeople")
FIELDS: Final = (
    "given_name", "middle_name", "surname", "suffix", "full_name", "birth_date", "sex", "ssn", "ssn_last4",
    "state_id", "fbi_number", "licence", "address", "zip", "phone", "email", "alias_0", "alias_1",
)  # fmt: skip

_SAMPLE: Final = """
import sys, pseudopeople as psp
census = psp.generate_decennial_census(year=2020, seed=1)
census["agency"] = "census"
income = psp.generate_taxes_w2_and_1099(year=2020, seed=1)
income["agency"] = "taxes"
for name, frame in (("census", census), ("taxes", income)):
    frame.astype("string").to_parquet(f"{sys.argv[1]}/{name}.parquet")
"""


@dataclass(frozen=True)
class Truth:
    """``records``: ``person``, ``agency`` and the fields of `Identify`; ``people``: traits by person, if known.

    ``registers``: agencies whose file is known to hold each person once, as a feed of theirs would declare.
    """

    records: pl.DataFrame
    people: pl.DataFrame | None = None
    registers: tuple[str, ...] = ()

    def register(self, standard: pl.DataFrame) -> pl.DataFrame:
        """Which of the identities (`STANDARD`) are in a register, as `registers.HELD`."""
        numbered = {name: place for place, name in enumerate(self.registers, 1)}
        place = pl.col("agency").replace_strict(numbered, default=None, return_dtype=pl.Int64)
        return standard.select("identity_id", register_id=place).drop_nulls()


def named(name: str, city_records: int) -> Truth:
    """One of `NAMED`."""
    if name == "city":
        records, people = population(city_records, CITY_SEED)
        return Truth(records.rename({"alias": "alias_0"}), people)
    if name == "pseudopeople":
        return Truth(_pseudopeople(CACHE / "pseudopeople"))
    base = name.removesuffix("_no_ssn")
    if base not in NAMES:
        raise ValueError(f"no set named {name}: {', '.join(NAMED)}")
    records = febrl(base, CACHE)
    registers = FILES if base == "febrl4" else ()
    return Truth(records.drop("state_id") if name.endswith("_no_ssn") else records, registers=registers)


def asked(sets: str) -> tuple[str, ...]:
    """The names in a list with commas, each once; ``febrl`` stands for all of `FEBRL`."""
    names = (part for name in sets.split(",") for part in (FEBRL if name == "febrl" else (name,)))
    return tuple(dict.fromkeys(names))


def own(file: Path, truth: str, mapping: Mapping[str, str], registers: tuple[str, ...] = ()) -> Truth:
    """A CSV or parquet file; ``mapping``: field of `Identify` → its column, ``agency`` → the column of the source.

    ``alias`` is the first other name. Dates of eight digits are read as YYYYMMDD.
    """
    rows = pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file, infer_schema=False)
    columns = {("alias_0" if field == "alias" else field): column for field, column in mapping.items()}
    unknown = sorted(set(columns) - {*FIELDS, "agency"})
    if unknown:
        raise ValueError(f"not fields of Identify: {', '.join(unknown)}")
    texts = rows.select(
        person=pl.col(truth).cast(pl.String), **{field: _text(column, field) for field, column in columns.items()}
    )
    person = texts["person"].rank("dense").cast(pl.Int64)
    agency = pl.col("agency").fill_null("") if "agency" in columns else pl.lit("one")
    known = texts.with_columns(person=person, agency=agency).filter(pl.col("person").is_not_null())
    return Truth(known, registers=registers)


def _text(column: str, field: str) -> pl.Expr:
    text = pl.col(column).cast(pl.String).str.strip_chars()
    text = pl.when(text != "").then(text)
    if field == "sex":
        return text.str.slice(0, 1).str.to_uppercase()
    if field != "birth_date":
        return text
    american = text.str.replace(r"^(\d{2})/(\d{2})/(\d{4})$", "${3}-${1}-${2}")
    return american.str.replace(r"^(\d{4})(\d{2})(\d{2})$", "${1}-${2}-${3}")


def _pseudopeople(folder: Path) -> pl.DataFrame:
    """The sample population that comes with the package, as census and tax office write it, with its own noise."""
    if not (folder / "taxes.parquet").exists():
        folder.mkdir(parents=True, exist_ok=True)
        python = _environment(folder / "venv")
        subprocess.run([python, "-c", _SAMPLE, str(folder)], check=True, stdout=subprocess.DEVNULL)
    street = ("street_number", "street_name", "unit_number", "city")
    census = pl.read_parquet(folder / "census.parquet").rename({"middle_initial": "middle_name"})
    taxes = pl.read_parquet(folder / "taxes.parquet").rename(
        {"middle_initial": "middle_name"} | {f"mailing_address_{name}": name for name in (*street, "zipcode")}
    )
    records = pl.concat([census, taxes], how="diagonal")
    distinct = records.select(
        "agency", person=pl.col("simulant_id").rank("dense").cast(pl.Int64), given_name="first_name",
        middle_name="middle_name", surname="last_name", birth_date=_text("date_of_birth", "birth_date"),
        sex=_text("sex", "sex"), ssn="ssn", zip="zipcode",
        address=pl.concat_str(*(pl.col(name) for name in street), separator=" ", ignore_nulls=True),
    )  # fmt: skip
    return distinct.unique(maintain_order=True)


def _environment(folder: Path) -> str:
    """An environment of its own: the package pins another pandas."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", "pseudopeople"], check=True, stdout=sys.stderr)
    return python
