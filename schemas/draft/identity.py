"""Which columns say who a person is: by the words of the header, and by the look of the cells."""

from typing import Final, Literal

from schemas.codes import Identifier
from schemas.draft.cells import Cells
from schemas.draft.header import SENSES, Header, word_list

_DIRECT: Final[tuple[tuple[str, Identifier], ...]] = (
    ("email", "email"), ("phone", "phone"), ("ssn", "ssn"), ("fbi", "fbi_number"), ("state_id", "state_id"),
    ("alias", "alias"), ("zip", "zip"), ("address", "address"), ("city", "city"), ("race", "race"),
)  # fmt: skip
"""Sense of a header → field, in the order in which they are tried."""

_LOOKS: Final[tuple[tuple[Identifier, str], ...]] = (
    ("email", r"^[^@ ]+@[^@ ]+\.[^@ ]+$"),
    ("ssn", r"^[0-9]{3}-[0-9]{2}-[0-9]{4}$"),
    ("phone", r"^(?:\+?1[-. ]?)?\(?[2-9][0-9]{2}\)?[-. ]+[0-9]{3}[-. ]+[0-9]{4}$"),
    ("address", r"(?i)^[0-9]+[a-z]? .*\b(?:st|street|ave|avenue|rd|road|dr|drive|ln|lane|blvd|ct|way|apt|hwy|pl)\b"),
    ("full_name", r"^[\p{L}'’-]{2,}(?: [\p{L}'’-]+){0,2} ?, ?[\p{L}'’-]+(?: [\p{L}'’.-]+){0,3} *$"),
)  # fmt: skip
_GENERATED: Final = r"(?i)^(?:[0-9a-f]{32,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$"
_BESIDE_SEX: Final = (
    SENSES["sex"] | SENSES["person"] - {"offender", "offndr"} | word_list("cd code at birth pri req assigned")
)
"""Words that may stand beside sex where the column says which one: not in what a person did for or by it."""
_SOME: Final = 0.05
"""Share of the texts with the look of an identifier from which the column is protected; most of them name it."""


def field_of(header: Header) -> Identifier | None:
    """The identifier that a header names; None where it names none."""
    words = header.words
    if header.says("social") and header.says("security"):
        return _ssn(header)
    if header.says("birth"):
        return None if header.says("place", "city") or "year" in words else "birth_date"
    if header.says("licence") and (header.says("number") or set(words) & {"dl", "cdl", "dln", "oln"}):
        return "licence"
    name = _name(header)
    if name is not None:
        return name
    if header.says("sex") and all(word in _BESIDE_SEX for word in words):
        return "sex"
    for sense, field in _DIRECT:
        if header.says(sense) and not (sense == "alias" and words == ("known",)):
            return _ssn(header) if field == "ssn" else field
    return None


def _ssn(header: Header) -> Identifier:
    return "ssn_last4" if {"last", "4", "four", "l4"} & set(header.words) else "ssn"


def _name(header: Header) -> Identifier | None:
    """The part of a person's name that a header names."""
    words = set(header.words)
    alone = header.says("name") or len(words - {"pri", "req", "c", "tx", "txt"}) == 1
    if words & {"fname", "forename", "firstname"} or ({"first", "given", "fst", "frst"} & words and alone):
        return "given_name"
    if words & {"surname", "lname", "lastname"} or ({"last", "family"} & words and alone):
        return "surname"
    if "maiden" in words:
        return "alias"
    if words & {"mname", "middlename"} or (header.says("middle") and (alone or "initial" in words)):
        return "middle_name"
    if header.says("suffix") and (alone or header.says("person")):
        return "suffix"
    if header.says("alias"):
        return None
    if header.says("name") and not header.says("agency", "content", "text", "place", "number", "case", "city"):
        return "full_name"
    return None


def look_of(cells: Cells) -> Identifier | Literal["number"] | None:
    """The identifier that cells look like, ``number`` for a generated one; None where they look like none."""
    if not cells.distinct:
        return None
    for field, pattern in _LOOKS:
        least = 0.6 if field == "full_name" else _SOME
        if cells.share(pattern) > least:
            return field
    return "number" if cells.share(_GENERATED) > 0.5 else None
