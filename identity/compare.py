"""Scoring pairs of identities with Splink on DuckDB in memory, by the shipped model."""

from typing import Any, Final

import duckdb
import numpy as np
import polars as pl

from identity import worth
from identity.average import UNIT
from identity.encode import distinct
from identity.levels import BOTH_CLOSE, CLOSE, SAME_GIVEN, measured
from identity.model import Model

PAIRS = pl.Schema({"left_id": pl.Int64(), "right_id": pl.Int64()})
"""Pairs of identities, the lower id left."""

SCORED = pl.Schema({
    **PAIRS, "weight": pl.Float64(), "vetoed": pl.Boolean(), "contradicts": pl.Boolean(), "rivals": pl.Boolean(),
})  # fmt: skip
"""``weight``: match weight with prior, in bits, of bare pairs `BARE` at most; ``vetoed``: a rule forbids one
person; ``contradicts``: even one agency number does not make them one person; ``rivals``: twins or father and son,
unless one was miswritten."""

_HOUSE: Final = "list_has_any(houses_l, houses_r)"
_WORDS: Final = "len(list_intersect(streets_l, streets_r))"

_SQL: Final = {
    "name": {
        "null": "(given_l IS NULL OR given_r IS NULL) AND (surname_l IS NULL OR surname_r IS NULL)",
        "exact": "full_name_l = full_name_r",
        "shared_surname": "list_has_any(givens_l, givens_r) AND list_has_any(surnames_l, surnames_r)",
        "one_close": (
            f"(list_has_any(givens_l, givens_r) AND jaro_winkler_similarity(surname_l, surname_r) >= {CLOSE}) OR "
            f"(list_has_any(surnames_l, surnames_r) AND jaro_winkler_similarity(written_l, written_r) >= {CLOSE})"
        ),
        "swapped": "list_has_any(surnames_l, givens_r) AND list_has_any(givens_l, surnames_r)",
        "both_close": (
            f"(jaro_winkler_similarity(written_l, written_r) >= {BOTH_CLOSE} AND "
            f"jaro_winkler_similarity(surname_l, surname_r) >= {BOTH_CLOSE}) OR "
            "(least(len(written_l), len(written_r)) = 1 AND written_l[1] = written_r[1] AND "
            "list_has_any(surnames_l, surnames_r))"
        ),
        "crossed_close": (
            f"((list_has_any(surnames_l, givens_r) OR jaro_winkler_similarity(surname_l, written_r) >= {CLOSE}) AND "
            f"(list_has_any(givens_l, surnames_r) OR jaro_winkler_similarity(written_l, surname_r) >= {CLOSE}))"
        ),
        "given_alone": "(surname_l IS NULL OR surname_r IS NULL) AND list_has_any(givens_l, givens_r)",
        "surname_alone": "(given_l IS NULL OR given_r IS NULL) AND list_has_any(surnames_l, surnames_r)",
        "alone_close": (
            "((surname_l IS NULL OR surname_r IS NULL) AND "
            f"jaro_winkler_similarity(written_l, written_r) >= {CLOSE}) OR "
            f"((given_l IS NULL OR given_r IS NULL) AND jaro_winkler_similarity(surname_l, surname_r) >= {CLOSE})"
        ),
        "given": (f"list_has_any(givens_l, givens_r) OR jaro_winkler_similarity(written_l, written_r) >= {SAME_GIVEN}"),
        "surname": "list_has_any(surnames_l, surnames_r)",
        "surname_close": f"jaro_winkler_similarity(surname_l, surname_r) >= {CLOSE}",
    },
    "middle": {"null": "middle_l IS NULL OR middle_r IS NULL", "exact": "middle_l = middle_r"},
    "suffix": {
        "null": "suffix_l IS NULL AND suffix_r IS NULL",
        "exact": "suffix_l = suffix_r",
        "one_sided": "suffix_l IS NULL OR suffix_r IS NULL",
    },
    "birth": {
        "null": "birth_date_l IS NULL OR birth_date_r IS NULL",
        "exact": "birth_date_l = birth_date_r",
        "swapped": (
            "birth_date_l[1:4] = birth_date_r[1:4] AND birth_date_l[6:7] = birth_date_r[9:10] AND "
            "birth_date_l[9:10] = birth_date_r[6:7]"
        ),
        "one_digit": "damerau_levenshtein(birth_date_l, birth_date_r) <= 1",
        "close": (
            "birth_date_l[1:7] = birth_date_r[1:7] OR "
            "(birth_date_l[1:4] = birth_date_r[1:4] AND birth_date_l[9:10] = birth_date_r[9:10])"
        ),
    },
    "sex": {"null": "sex_l IS NULL OR sex_r IS NULL", "exact": "sex_l = sex_r"},
    "ssn": {
        "null": "(ssn_l IS NULL OR ssn_r IS NULL) AND (ssn4_l IS NULL OR ssn4_r IS NULL)",
        "exact": "ssn_l = ssn_r",
        "last4": "ssn4_l = ssn4_r",
        "one_digit": "damerau_levenshtein(ssn4_l, ssn4_r) <= 1",
    },
    "state_id": {
        "null": "state_id_l IS NULL OR state_id_r IS NULL",
        "exact": "state_id_l = state_id_r",
        "one_digit": "damerau_levenshtein(state_id_l, state_id_r) <= 1",
    },
    "fbi_number": {"null": "fbi_number_l IS NULL OR fbi_number_r IS NULL", "exact": "fbi_number_l = fbi_number_r"},
    "licence": {"null": "licence_l IS NULL OR licence_r IS NULL", "exact": "licence_l = licence_r"},
    "phone": {"null": "phone_l IS NULL OR phone_r IS NULL", "exact": "phone_l = phone_r"},
    "email": {"null": "email_l IS NULL OR email_r IS NULL", "exact": "email_l = email_r"},
    "place": {
        "null": "(address_l IS NULL OR address_r IS NULL) AND (zip_l IS NULL OR zip_r IS NULL)",
        "address": "address_l = address_r AND (zip_l = zip_r OR zip_l IS NULL OR zip_r IS NULL)",
        "door": f"{_HOUSE} AND ({_WORDS} >= 3 OR ({_WORDS} >= 2 AND zip_l = zip_r))",
        "house_zip": f"{_HOUSE} AND {_WORDS} >= 1 AND zip_l = zip_r",
        "words": f"{_WORDS} >= 3",
        "house_street": f"{_HOUSE} AND {_WORDS} >= 2",
        "words_zip": f"{_WORDS} >= 2 AND zip_l = zip_r",
        "house": f"{_HOUSE} AND {_WORDS} >= 1",
        "word_zip": f"{_WORDS} >= 1 AND zip_l = zip_r",
        "streets": f"{_WORDS} >= 2",
        "zip": "zip_l = zip_r",
    },
}

_VETOED: Final = """
    CASE
        WHEN {number_agrees} THEN {suffix_differs} AND {birth_differs}
        WHEN {suffix_differs} THEN true
        WHEN {poor} THEN {birth_differs} AND gamma_suffix <> -1
        WHEN {birth_differs} THEN NOT ({name_similar} AND {reached} AND gamma_suffix = -1 AND gamma_state_id <> 0)
        WHEN {other_given} THEN NOT {ssn_agrees}
            AND (gamma_name = 0 OR {birth_unknown} OR gamma_ssn = 0 OR gamma_state_id = 0 OR gamma_sex = 0
                 OR gamma_middle = 0)
        WHEN gamma_state_id = 0 THEN NOT ({name_similar} AND ({ssn_agrees} OR ({birth_similar} AND {near})))
        ELSE false
    END
"""
"""Unless a state id or FBI number agrees: Jr and Sr; conflicting birth dates but of one name at one address without
any suffix; the same birth date with dissimilar first names (twins) where a number, sex or another name differs too;
different state ids unless name and SSN, or name, birth date and address support. Records that say nothing of sex and
middle name are too poor for twins to be told from slips: of them only who has a suffix and another birth date is
somebody else, the rest is a matter of weight."""

_ASIDE: Final = ("middle", "suffix", "sex")
"""Comparisons that tell people apart and do not find anybody."""
_BARE: Final = """
    NOT {number_agrees} AND ({known} <= 1 OR ({poor} AND {birth_differs} AND NOT {id_slipped} AND NOT {reached}))
"""
"""Pairs of which one thing only is known on both sides (a name, a birth date), and namesakes: poor records of other
birth dates and of places that have nothing in common but a ZIP at most."""
BARE: Final = -1.0
"""What such a pair weighs at most: one thing alone says what the frequencies of the model say, and those are not
those of every place. At one third they are not joined by that alone, and are asked about in review."""

_CONTRADICTS: Final = (
    "({birth_differs} AND ({suffix_differs} OR NOT {name_similar})) OR (gamma_birth = -1 AND gamma_name = 0)"
)
"""Different birth dates and dissimilar names, or Jr and Sr: father and son who were given one number."""

_RIVALS: Final = (
    "NOT {poor} AND NOT {number_agrees} AND NOT {ssn_agrees} "
    "AND ({other_given} OR ({birth_differs} AND {name_similar}))"
)
"""Twins or father and son, unless one of the two was miswritten: once is likely, twice alike is not. In a small
population there are as many of them to a person as in a large one: its prior makes them no likelier (`Model.kin`)."""


def score(standard: pl.DataFrame, pairs: pl.DataFrame, model: Model, floor: float | None = None) -> pl.DataFrame:
    """Weights and vetoes of the pairs (`PAIRS`), as `SCORED`; ``standard`` holds all their identities.

    With a ``floor`` the pairs below that weight are left out. Weights are whole numbers of 1/1024 bit, so that
    they are the same wherever they were kept and their sums are exact.
    """
    if pairs.is_empty():
        return pl.DataFrame(schema=SCORED)
    weight = (pl.col("match_weight") / UNIT).round() * UNIT
    sure = worth.certain(standard, pairs)
    if floor is None or sure.is_empty():
        parts = [measured(standard, pairs, model, floor)]
    else:
        # What weighs too little by all else that is known would be left out here.
        parts = [measured(standard, pairs.join(sure, on=list(PAIRS), how="anti"), model, floor),
                 measured(standard, sure, model)]  # fmt: skip
    found = worth.settle(ruled(pl.concat(parts).with_columns(weight), model), standard)
    return found if floor is None else found.filter(pl.col("weight") >= floor)


def compare(standard: pl.DataFrame, pairs: pl.DataFrame, model: Model) -> pl.DataFrame:
    """Splink's prediction for each pair: ``left_id``, ``right_id``, ``match_weight`` and a gamma per comparison."""
    from splink import DuckDBAPI, Linker

    connection = duckdb.connect(":memory:", config={"temp_directory": "", "threads": 2})
    try:
        api = DuckDBAPI(connection)
        records = api.register(model.frequencies(standard).to_arrow(), table_name="records")
        blocked = api.register(_blocked(pairs).to_arrow(), table_name="blocked")
        linker = Linker(records, settings(model), log_level="ERROR", validate_settings=False)
        linker.table_management.register_blocked_pairs_for_predict(blocked)
        predicted = linker.inference.predict(warning_mode="never")
        gammas = ", ".join(f"gamma_{name}" for name in model.comparisons)
        query = f"SELECT identity_id_l, identity_id_r, match_weight, {gammas} FROM {predicted.physical_name}"
        found = pl.DataFrame(connection.execute(query).to_arrow_table())
    finally:
        connection.close()
    return found.rename({"identity_id_l": "left_id", "identity_id_r": "right_id"})


def ordered(one: pl.Series, other: pl.Series) -> pl.DataFrame:
    """Distinct `PAIRS` of two columns of identities."""
    left, right = one.to_numpy(), other.to_numpy()
    low, high = np.minimum(left, right), np.maximum(left, right)
    if len(high) and low.min() >= 0 and high.max() < 1 << 31:
        packed = distinct(low << 32 | high)
        return pl.DataFrame({"left_id": packed >> 32, "right_id": packed & 0xFFFF_FFFF}, schema=PAIRS)
    return pl.DataFrame({"left_id": low, "right_id": high}, schema=PAIRS).unique()


def settings(model: Model) -> dict[str, Any]:
    """The model as Splink's settings: parameters from the artefact, conditions in DuckDB's SQL from here."""
    return {
        "link_type": "dedupe_only",
        "sql_dialect": "duckdb",
        "unique_id_column_name": "identity_id",
        "probability_two_random_records_match": model.prior,
        "blocking_rules_to_generate_predictions": ["1=1"],
        "retain_intermediate_calculation_columns": False,
        "retain_matching_columns": True,
        "comparisons": [_comparison(model, name) for name in model.comparisons],
    }


def _comparison(model: Model, name: str) -> dict[str, Any]:
    levels: list[dict[str, Any]] = [
        {"sql_condition": _SQL[name]["null"], "label_for_charts": "null", "is_null_level": True}
    ]
    for label, level in model.comparisons[name].items():
        numbers: dict[str, Any] = {"m_probability": level.m, "u_probability": level.u}
        if level.frequency:
            numbers |= {"tf_adjustment_column": level.frequency, "tf_adjustment_weight": 1.0}
            # The level's own u is what a value's frequency replaces, also where names agree in part only.
            numbers["disable_tf_exact_match_detection"] = True
        condition = _SQL[name].get(label, "ELSE")
        levels.append({"sql_condition": condition, "label_for_charts": label, **numbers})
    return {"output_column_name": name, "comparison_levels": levels}


def _blocked(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.select(pl.lit(0).alias("match_key"), join_key_l="left_id", join_key_r="right_id")


def ruled(compared: pl.DataFrame, model: Model) -> pl.DataFrame:
    """Weights and vetoes (`SCORED`) of compared pairs (`compare`)."""
    gamma = model.gamma
    terms = {
        "number_agrees": f"(gamma_state_id = {gamma('state_id', 'exact')} OR gamma_fbi_number = 1)",
        "suffix_differs": f"gamma_suffix = {gamma('suffix', 'other')}",
        "birth_exact": f"gamma_birth = {gamma('birth', 'exact')}",
        "birth_similar": f"gamma_birth >= {gamma('birth', 'one_digit')}",
        "birth_differs": f"gamma_birth = {gamma('birth', 'other')}",
        "birth_unknown": "gamma_birth = -1",
        "name_similar": f"(gamma_name = -1 OR gamma_name >= {gamma('name', 'alone_close')})",
        "ssn_agrees": f"gamma_ssn >= {gamma('ssn', 'last4')}",
        "id_slipped": f"gamma_state_id = {gamma('state_id', 'one_digit')}",
        "near": "gamma_place > 0",
        "poor": "(gamma_sex = -1 AND gamma_middle = -1)",
        "known": " + ".join(f"CAST(gamma_{name} <> -1 AS INT)" for name in model.comparisons if name not in _ASIDE),
        "reached": (
            f"(gamma_place >= {gamma('place', 'words_zip')} OR gamma_phone = 1 OR gamma_email = 1 OR gamma_licence = 1)"
        ),
    }
    terms["other_given"] = (
        f"((gamma_birth = -1 OR {terms['birth_exact']}) AND gamma_name IN (0, {gamma('name', 'surname')}, "
        f"{gamma('name', 'surname_close')}))"
    )
    rivals, less = _RIVALS.format(**terms), round(model.kin / UNIT) * UNIT
    weight = f"(CASE WHEN {rivals} THEN match_weight - {less} ELSE match_weight END)"
    columns = pl.sql_expr([
        "left_id", "right_id",
        f"CASE WHEN {_BARE.format(**terms)} THEN least({weight}, {BARE}) ELSE {weight} END AS weight",
        f"({_VETOED.format(**terms)}) AS vetoed",
        f"({_CONTRADICTS.format(**terms)}) AS contradicts", f"({rivals}) AS rivals",
    ])  # fmt: skip
    return compared.select(columns).cast(SCORED)
