"""Scoring pairs of identities with Splink on DuckDB in memory, by the shipped model."""

from typing import Any, Final

import duckdb
import polars as pl

from identity.model import Model

PAIRS = pl.Schema({"left_id": pl.Int64(), "right_id": pl.Int64()})
"""Pairs of identities, the lower id left."""

SCORED = pl.Schema({**PAIRS, "weight": pl.Float64(), "vetoed": pl.Boolean(), "contradicts": pl.Boolean()})
"""``weight``: match weight with prior, in bits; ``vetoed``: a rule forbids one person; ``contradicts``: even
one agency number does not make them one person."""

CLOSE: Final = 0.88
"""Jaro-Winkler at which one part of a name counts as a slip of the pen (LINKAGE.md)."""
SAME_GIVEN: Final = 0.92
"""The same where the surname says nothing (a changed surname)."""
BOTH_CLOSE: Final = 0.85
"""The same where both parts are only close."""

_SQL: Final = {
    "name": {
        "null": "full_name_l IS NULL OR full_name_r IS NULL",
        "exact": "full_name_l = full_name_r",
        "shared_surname": "list_has_any(givens_l, givens_r) AND list_has_any(surnames_l, surnames_r)",
        "one_close": (
            f"(list_has_any(givens_l, givens_r) AND jaro_winkler_similarity(surname_l, surname_r) >= {CLOSE}) OR "
            f"(list_has_any(surnames_l, surnames_r) AND jaro_winkler_similarity(given_l, given_r) >= {CLOSE})"
        ),
        "swapped": "list_has_any(surnames_l, givens_r) AND list_has_any(givens_l, surnames_r)",
        "both_close": (
            f"(jaro_winkler_similarity(given_l, given_r) >= {BOTH_CLOSE} AND "
            f"jaro_winkler_similarity(surname_l, surname_r) >= {BOTH_CLOSE}) OR "
            "(least(len(given_l), len(given_r)) = 1 AND given_l[1] = given_r[1] AND "
            "list_has_any(surnames_l, surnames_r))"
        ),
        "given": (f"list_has_any(givens_l, givens_r) OR jaro_winkler_similarity(given_l, given_r) >= {SAME_GIVEN}"),
        "surname": "list_has_any(surnames_l, surnames_r)",
    },
    "middle": {"null": "middle_l IS NULL OR middle_r IS NULL", "exact": "middle_l = middle_r"},
    "suffix": {"null": "suffix_l IS NULL OR suffix_r IS NULL", "exact": "suffix_l = suffix_r"},
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
        "one_digit": "damerau_levenshtein(coalesce(ssn4_l, ''), coalesce(ssn4_r, '')) <= 1",
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
        "zip": "zip_l = zip_r",
    },
}

_VETOED: Final = """
    CASE
        WHEN {state_exact} OR {fbi_exact} THEN {suffix_differs} AND {birth_differs}
        ELSE {birth_differs}
            OR {suffix_differs}
            OR (gamma_state_id = 0 AND NOT ({name_close} AND {ssn_agrees}))
            OR ({birth_exact} AND gamma_name IN (0, 1) AND NOT {ssn_agrees})
    END
"""
"""Conflicting birth dates unless the state id agrees; Jr and Sr; different state ids unless name and SSN
support; the same birth date with dissimilar first names (twins) unless the SSN agrees."""

_CONTRADICTS: Final = (
    "({birth_differs} AND ({suffix_differs} OR NOT {name_similar})) OR (gamma_birth = -1 AND gamma_name = 0)"
)
"""Different birth dates and dissimilar names, or Jr and Sr: father and son who were given one number."""


def score(standard: pl.DataFrame, pairs: pl.DataFrame, model: Model) -> pl.DataFrame:
    """Weights and vetoes of the pairs (`PAIRS`), as `SCORED`; ``standard`` holds all their identities."""
    if pairs.is_empty():
        return pl.DataFrame(schema=SCORED)
    return _ruled(compare(standard, pairs, model), model)


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


def _ruled(compared: pl.DataFrame, model: Model) -> pl.DataFrame:
    gamma = model.gamma
    terms = {
        "state_exact": f"gamma_state_id = {gamma('state_id', 'exact')}",
        "fbi_exact": f"gamma_fbi_number = {gamma('fbi_number', 'exact')}",
        "suffix_differs": f"gamma_suffix = {gamma('suffix', 'other')}",
        "birth_exact": f"gamma_birth = {gamma('birth', 'exact')}",
        "birth_differs": f"gamma_birth = {gamma('birth', 'other')}",
        "name_close": f"gamma_name >= {gamma('name', 'one_close')}",
        "name_similar": f"(gamma_name = -1 OR gamma_name >= {gamma('name', 'both_close')})",
        "ssn_agrees": f"gamma_ssn >= {gamma('ssn', 'last4')}",
    }
    ruled = pl.sql_expr([
        "left_id", "right_id", "match_weight AS weight",
        f"({_VETOED.format(**terms)}) AS vetoed", f"({_CONTRADICTS.format(**terms)}) AS contradicts",
    ])  # fmt: skip
    return compared.select(ruled).cast(SCORED)
