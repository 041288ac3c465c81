"""Makes ``identity/model.json``: ``python -m bench.train_model`` (needs the `faker` package beside the project's).

Sources: name frequencies from Faker's en_US provider (MIT; after the US Census and the Social Security
Administration). ``u`` is what chance gives: measured on pairs drawn at random from those frequencies for
names, counted for dates and numbers. ``m`` follows published models of justice records (exact name .88 and
exact birth date .95 of true pairs in the linkage of England and Wales), with slips as LINKAGE.md orders them.
"""

import json
from pathlib import Path
from typing import Final

from identity.standardise import standardise

VERSION: Final = "2026.4"
PRIOR: Final = 2.5e-6
"""Two records drawn at random are one person once in 400,000 times: fixed, since EM would find households."""
KEPT: Final = 0.0002
"""Names rarer than this are left out of the artefact and count as rare."""
RARE_GIVEN: Final = 0.003
RARE_SURNAME: Final = 0.0015
"""What is assumed of a name that is not listed: it may be common where the file comes from."""

COMPARISONS: Final[dict[str, dict[str, tuple[float, float, str | None]]]] = {
    # u of exact and of shared parts comes from the frequency of the very name where `frequency` says so.
    "name": {
        "exact": (0.77, 1.2e-5, "full_name"),
        "shared_surname": (0.10, 8.0e-5, None),
        "one_close": (0.06, 5.0e-5, None),
        # Of two people drawn from the listed names one is called the other way round once in 14 million times.
        "swapped": (0.005, 2.0e-7, None),
        "both_close": (0.01, 4.0e-5, None),
        "crossed_close": (0.003, 5.0e-6, None),
        # Of those of whom one part is written: the chances are those given that it is so.
        "given_alone": (0.42, 6.0e-3, "given"),
        "surname_alone": (0.42, 2.0e-3, "surname"),
        "alone_close": (0.08, 6.0e-3, None),
        "given": (0.02, 6.0e-3, "given"),
        "surname": (0.015, 2.0e-3, "surname"),
        "surname_close": (0.01, 1.5e-3, None),
        "other": (0.02, 0.9915, None),
    },
    "middle": {"exact": (0.93, 0.085, None), "other": (0.07, 0.915, None)},
    # Suffixes are written for few, and mostly for those who share a name.
    "suffix": {"exact": (0.93, 0.55, None), "one_sided": (0.03, 0.06, None), "other": (0.05, 0.45, None)},
    # About 20,000 birth dates are in use, unevenly.
    "birth": {
        "exact": (0.945, 8.0e-5, None),
        "swapped": (0.015, 5.5e-5, None),
        "one_digit": (0.016, 2.5e-3, None),
        "close": (0.006, 4.0e-3, None),
        "other": (0.03, 0.9936, None),
    },
    "sex": {"exact": (0.985, 0.62, None), "other": (0.015, 0.38, None)},
    "ssn": {
        "exact": (0.30, 1.0e-6, None),
        "last4": (0.66, 1.0e-4, None),
        "one_digit": (0.02, 4.0e-3, None),
        "other": (0.02, 0.9959, None),
    },
    # A state id alone had 3,200 false pairs in 400,000 records: strong, not proof.
    "state_id": {
        "exact": (0.945, 3.0e-6, None),
        "one_digit": (0.02, 2.0e-5, None),
        "other": (0.04, 0.99998, None),
    },
    "fbi_number": {"exact": (0.97, 3.0e-6, None), "other": (0.03, 0.999997, None)},
    "licence": {"exact": (0.90, 3.0e-6, None), "other": (0.10, 0.999997, None)},
    # People change telephones, and households share them.
    "phone": {"exact": (0.55, 5.0e-5, None), "other": (0.45, 0.9999, None)},
    "email": {"exact": (0.60, 2.0e-5, None), "other": (0.40, 0.99998, None)},
    # People move; neighbours and families stay together.
    # A city may stand in the address, so that two words in common say little.
    "place": {
        "address": (0.38, 3.0e-5, None),
        "door": (0.06, 2.0e-6, None),
        "house_zip": (0.06, 1.0e-5, None),
        "words": (0.05, 2.0e-5, None),
        "house_street": (0.05, 4.0e-5, None),
        "words_zip": (0.03, 1.0e-3, None),
        "house": (0.03, 1.0e-3, None),
        "word_zip": (0.03, 4.0e-3, None),
        "streets": (0.02, 1.0e-2, None),
        "zip": (0.10, 0.02, None),
        "other": (0.20, 0.96, None),
    },
}


def main() -> None:
    """Write the artefact."""
    given, surname = _frequencies()
    content = {
        "version": VERSION,
        "prior": PRIOR,
        "comparisons": {name: _levels(levels) for name, levels in COMPARISONS.items()},
        "given": given,
        "surname": surname,
        "rare_given": RARE_GIVEN,
        "rare_surname": RARE_SURNAME,
    }
    target = Path(__file__).parent.parent / "identity" / "model.json"
    target.write_text(json.dumps(content, indent=1, sort_keys=False) + "\n")


def _levels(levels: dict[str, tuple[float, float, str | None]]) -> dict[str, dict[str, float | str]]:
    return {
        label: {"m": m, "u": u} | ({"frequency": frequency} if frequency else {})
        for label, (m, u, frequency) in levels.items()
    }


def _frequencies() -> tuple[dict[str, float], dict[str, float]]:
    """Canonical given name → share, surname → share, as the standardiser writes them."""
    from faker.providers.person.en_US import Provider  # type: ignore[import-not-found]

    given: dict[str, float] = {}
    for names in (Provider.first_names_female, Provider.first_names_male):
        _add(given, "given_name", {name: share / 2 for name, share in names.items()})
    surname: dict[str, float] = {}
    _add(surname, "surname", dict(Provider.last_names))
    return _rounded(given), _rounded(surname)


def _add(shares: dict[str, float], field: str, names: dict[str, float]) -> None:
    standard = standardise(range(len(names)), [""] * len(names), [{field: [name]} for name in names])
    column = "given" if field == "given_name" else "surname"
    for name, share in zip(standard[column].to_list(), names.values(), strict=True):
        if name:
            shares[name] = shares.get(name, 0.0) + share


def _rounded(shares: dict[str, float]) -> dict[str, float]:
    return {name: float(f"{share:.2g}") for name, share in sorted(shares.items()) if share >= KEPT}


if __name__ == "__main__":
    main()
