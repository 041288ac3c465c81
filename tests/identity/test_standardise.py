"""Identifiers as agencies write them, and as they are compared: a drawn table."""

from typing import Any

import pytest

from identity.standardise import standardise

WRITTEN: dict[str, tuple[dict[str, list[str]], dict[str, Any]]] = {
    "one cell, comma": (
        {"full_name": ["O'BRIEN, William J JR"]},
        {"given": "william", "surname": "obrien", "middle": "j", "suffix": "jr"}),
    "one cell, no comma": (
        {"full_name": ["Robert T. Smith Sr."]},
        {"given": "robert", "surname": "smith", "middle": "t", "suffix": "sr"}),
    "nickname": ({"given_name": ["Bill"], "surname": ["Ward"]}, {"given": "william", "full_name": "william ward"}),
    "accents": ({"given_name": ["José"], "surname": ["Núñez"]}, {"given": "jose", "surname": "nunez"}),
    "particles": ({"full_name": ["DE LA CRUZ, ANA"]}, {"surname": "cruz", "surnames": ["cruz"]}),
    "hyphen and blank": ({"surname": ["Holt-Winslow"]}, {"surnames": ["holt", "winslow"]}),
    "alias of two words": (
        {"given_name": ["Ann"], "surname": ["Hale"], "alias": ["Irina Ross"]},
        {"givens": ["anna", "irina"], "surnames": ["hale", "ross"], "surname": "hale"}),
    "alias of one word": (
        {"given_name": ["Ann"], "alias": ["Kit"]}, {"givens": ["anna", "catherine"], "surname": None}),
    "name not known": ({"given_name": ["FNU"], "surname": ["UNKNOWN"]}, {"given": None, "surname": None}),
    "second is junior": ({"full_name": ["WARD, TOM II"]}, {"suffix": "jr", "given": "thomas"}),
    "placeholder birth date": ({"birth_date": ["1900-01-01"]}, {"birth_date": None}),
    "SSN": ({"ssn": ["219-09-9998"]}, {"ssn": "219099998", "ssn4": "9998"}),
    "placeholder SSN": ({"ssn": ["000-00-0000"]}, {"ssn": None, "ssn4": None}),
    "hashed SSN": ({"ssn": ["ab" * 32]}, {"ssn": "ab" * 32, "ssn4": None}),
    "last four digits": ({"ssn_last4": ["0123"]}, {"ssn": None, "ssn4": "0123"}),
    "state id with hyphen": ({"state_id": ["ca-0012345"]}, {"state_id": "CA0012345"}),
    "placeholder state id": ({"state_id": ["9999999"]}, {"state_id": None}),
    "telephone": ({"phone": ["+1 (312) 555-0199"]}, {"phone": "3125550199"}),
    "sex not said": ({"sex": ["U"]}, {"sex": None}),
    "ZIP+4": ({"zip": ["60601-1234"]}, {"zip": "60601"}),
    "nothing": ({}, {"given": None, "full_name": None, "givens": [], "surnames": []}),
}  # fmt: skip


@pytest.mark.parametrize("case", WRITTEN)
def test_written_and_compared(case: str) -> None:
    written, expected = WRITTEN[case]
    (found,) = standardise([1], ["agency"], [written]).to_dicts()
    found |= {name: sorted(found[name]) for name in ("givens", "surnames")}
    assert {name: found[name] for name in expected} == expected
