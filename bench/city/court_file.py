"""One large court file for the throughput bench: about a million charges and 150 MB, written in seconds."""

from pathlib import Path

import numpy as np
import polars as pl

from bench.city import court, files
from bench.city.lives import Parameters, live
from bench.city.people import make_people
from schemas.feeds import metro_court_charges

ROWS_A_PERSON = 3.3
"""Charges of a person: about 2.1 cases of about 1.55 counts."""


def court_file(rows: int, path: Path, seed: int = 1) -> int:
    """Write ``rows`` charges without planted faults, in plain capitals, to ``path``; returns the bytes written.

    ASCII only, as mainframes write, so that a reader without the code page can be timed on the same file.
    """
    feed, rng = metro_court_charges.FEED, np.random.default_rng(seed)
    people = make_people(int(rows / ROWS_A_PERSON * 1.04) + 50, rng)
    charges = court.charge_rows(people, live(people, Parameters(), rng), rng).head(rows)
    if len(charges) < rows:
        raise ValueError("too few people for that many rows")
    text = files.as_text(feed, charges).with_columns(_ascii("DEFENDANT"), _ascii("ADDRESS"))
    files.write(feed, text, path)
    return path.stat().st_size


def _ascii(name: str) -> pl.Expr:
    return pl.col(name).str.normalize("NFKD").str.replace_all(r"[^\x20-\x7e]", "")
