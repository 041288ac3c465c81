"""What linkage is without this project: Splink as its manual has it, and exact name and birth date."""

import duckdb
import polars as pl

from bench.linkage.measure import Agreement, agreement

_FIELDS = ("given", "surname", "birth_date", "ssn", "ssn4", "state_id", "zip", "address", "phone", "email", "sex")


def exact_name_and_birth(standard: pl.DataFrame, person: pl.Series) -> Agreement:
    """One person is who has the same full name and the same birth date; who lacks one of them is nobody else."""
    known = pl.col("full_name").is_not_null() & pl.col("birth_date").is_not_null()
    group = pl.when(known).then(pl.struct("full_name", "birth_date").rank("dense").cast(pl.Int64)).alias("group")
    return agreement(person, standard.select(group).to_series())


def splink_at_best(standard: pl.DataFrame, person: pl.Series) -> tuple[Agreement, float]:
    """Splink trained on the set itself, connected components at the threshold that the truth says is best.

    Gets our standardised texts, and knows more than a user could: its threshold. Returns that too.
    """
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    kept = [name for name in _FIELDS if standard[name].drop_nulls().n_unique() > 1]
    rows = standard.select("identity_id", *kept)
    rules = [rule for rule in _RULES if set(rule) <= set(kept)]
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="identity_id",
        comparisons=_comparisons(kept),
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in rules],
    )
    connection = duckdb.connect(":memory:", config={"threads": 2})
    try:
        api = DuckDBAPI(connection)
        linker = Linker(api.register(rows.to_arrow(), table_name="plain"), settings, log_level="ERROR")
        sure = [
            block_on(*rule)
            for rule in rules
            if rule in (("state_id",), ("full_key",), ("given", "surname", "birth_date"))
        ]
        linker.training.estimate_probability_two_random_records_match(sure, recall=0.7)
        linker.training.estimate_u_using_random_sampling(max_pairs=2_000_000, seed=1)
        for rule in (("birth_date",), ("given", "surname")):
            if set(rule) <= set(kept):
                linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
        predicted = linker.inference.predict(threshold_match_weight=-5, warning_mode="never")
        columns = "identity_id_l AS one, identity_id_r AS other, match_weight AS weight"
        query = f"SELECT {columns} FROM {predicted.physical_name}"
        pairs = pl.DataFrame(connection.execute(query).to_arrow_table())
    finally:
        connection.close()
    tried = [(_at(standard, person, pairs, bits), bits) for bits in range(-4, 34, 2)]
    return max(tried, key=lambda found: found[0].f1)


_RULES = (
    ("given", "surname", "birth_date"), ("birth_date", "given"), ("birth_date", "surname"), ("given", "surname"),
    ("state_id",), ("ssn",), ("ssn4", "birth_date"), ("phone",), ("email",), ("birth_date", "zip"), ("address",),
    ("surname", "zip"),
)  # fmt: skip


def _comparisons(kept: list[str]) -> list[object]:
    import splink.comparison_library as cl

    made: dict[str, object] = {
        "given": cl.JaroWinklerAtThresholds("given", [0.92, 0.8]).configure(term_frequency_adjustments=True),
        "surname": cl.JaroWinklerAtThresholds("surname", [0.92, 0.8]).configure(term_frequency_adjustments=True),
        "birth_date": cl.DamerauLevenshteinAtThresholds("birth_date", [1, 2]),
        "state_id": cl.DamerauLevenshteinAtThresholds("state_id", [1, 2]),
        "ssn": cl.DamerauLevenshteinAtThresholds("ssn", [1]),
        "ssn4": cl.ExactMatch("ssn4"),
        "zip": cl.DamerauLevenshteinAtThresholds("zip", [1]).configure(term_frequency_adjustments=True),
        "address": cl.JaroWinklerAtThresholds("address", [0.95, 0.85]),
        "phone": cl.ExactMatch("phone"),
        "email": cl.ExactMatch("email"),
        "sex": cl.ExactMatch("sex"),
    }
    return [made[name] for name in kept if name != "ssn4" or "ssn" not in kept]


def _at(standard: pl.DataFrame, person: pl.Series, pairs: pl.DataFrame, weight: float) -> Agreement:
    from identity.connected import connected

    tied = pairs.filter(pl.col("weight") >= weight).select(left_id="one", right_id="other")
    found = connected(standard["identity_id"], tied)
    group = standard.select("identity_id").join(found, on="identity_id", how="left", maintain_order="left")[
        "component_id"
    ]
    return agreement(person, group)
