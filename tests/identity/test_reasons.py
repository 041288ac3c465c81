"""A reason that repeats what a record says is recognised, however it is written."""

import pytest

from identity.reasons import gives_away

RECORD = {
    "given_name": ["José"],
    "surname": ["O'Neal-Vance"],
    "alias": ["Li, Bo"],
    "birth_date": ["1980-02-03"],
    "ssn": ["219-09-9999"],
    "ssn_last4": ["9999"],
    "state_id": ["CA0012345"],
    "phone": ["(312) 555-0101"],
    "email": ["jvance@example.org"],
    "address": ["1200 Willow Street Apt 4"],
    "zip": ["60601"],
    "sex": ["M"],
}


@pytest.mark.parametrize(
    "reason",
    [
        "JOSE in both", "the vance family", "also known as bo", "born 02/03/1980", "3.2.1980", "born 1980", "020380",
        "2/3/80", "ssn 219 09 9999", "ends in 9999", "sid ca0012345", "called 312-555-0101", "mail of jvance",
        "lives in willow street", "number 1200", "zip 60601", "NEAL",
    ],
)  # fmt: skip
def test_what_a_record_says_is_recognised(reason: str) -> None:
    assert gives_away(reason, [{}, RECORD])


@pytest.mark.parametrize(
    "reason",
    [
        "same booking photo", "mother and daughter", "twins: two hearings on one morning", "confirmed by the agency",
        "same street and court", "file 17 of the archive", "sex differs", "a letter m was read as n",
    ],
)  # fmt: skip
def test_what_says_nothing_of_a_record_passes(reason: str) -> None:
    assert not gives_away(reason, [RECORD])
