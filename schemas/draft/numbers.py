"""The agency's numbers in a sample: their namespaces, and by which of them a row finds its person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from schemas.columns import Key
from schemas.contract import Feed
from schemas.draft.guess import Guess
from schemas.draft.header import SENSES, Header, word_list
from schemas.terms import EachRow, NoSubject, Subject, Via

_WITHIN: Final = word_list("def defendant dfdt party")
_PERSONAL: Final = SENSES["person"] | SENSES["number"]
_SHORT: Final = 4
"""A defendant's place in a case is this short; longer ones are numbers of persons."""
_ABOUT: Final = word_list(
    "case docket cause matter incident supervision enrolment enrollment referral booking sentence charge episode "
    "arrest admission hearing contact violation assessment commitment episode stay warrant citation"
)
"""Things that have a person, so that a number of them finds one."""


@dataclass(frozen=True)
class Numbers:
    """``keys``: column → its keys; ``subject`` of a row; ``notes`` on it; ``records``: namespaces of no person."""

    keys: Mapping[str, tuple[Key, ...]]
    subject: Subject
    notes: tuple[str, ...]
    records: tuple[str, ...]


def numbers_of(
    agency: str, headers: Mapping[str, Header], guesses: Mapping[str, Guess], rows: pl.DataFrame, others: Sequence[Feed]
) -> Numbers:
    """Name the numbers of a sample and find its subject; headers of the agency's other feeds keep their namespaces."""
    keys = _adopted(headers, guesses, others)
    taken = {key.namespace for found in keys.values() for key in found}
    within = _within_case(headers, guesses, rows, keys)
    for name, guess in guesses.items():
        if guess.becomes != "key" or name in keys:
            continue
        namespace = _free(f"{agency}.{headers[name].thing}", f"{agency}.{headers[name].snake}", taken)
        keys[name] = (Key(namespace),)
        taken.add(namespace)
    if within:
        keys |= _composite(agency, within, headers, keys, taken)
    persons = [name for name in keys if guesses[name].person and not (within and name == within[1])]
    persons.sort(key=lambda name: not all(word in _PERSONAL for word in headers[name].words))
    subject, notes = _subject(persons, keys, guesses, within, others, headers)
    owned = {keys[name][0].namespace for name in persons}
    records = tuple(
        key.namespace
        for found in keys.values()
        for key in found[:1]
        if key.namespace not in owned and key.part == 1 and not (within and found == keys[within[1]])
    )
    return Numbers(keys, subject, notes, records)


def _adopted(
    headers: Mapping[str, Header], guesses: Mapping[str, Guess], others: Sequence[Feed]
) -> dict[str, tuple[Key, ...]]:
    """The keys that the agency's other feeds have under the same headers, where all parts of them are there."""
    keys: dict[str, tuple[Key, ...]] = {}
    for feed in others:
        for namespace, columns in feed.namespaces.items():
            if not set(columns) <= {name for name in headers if guesses[name].becomes == "key"}:
                continue
            for part, name in enumerate(columns, start=1):
                key = Key(namespace, part)
                keys[name] = (*(found for found in keys.get(name, ()) if found != key), key)
    return {name: tuple(sorted(found, key=lambda key: key.namespace)) for name, found in keys.items()}


def _within_case(
    headers: Mapping[str, Header],
    guesses: Mapping[str, Guess],
    rows: pl.DataFrame,
    keys: Mapping[str, tuple[Key, ...]],
) -> tuple[str, str] | None:
    """The columns of a case and of a defendant's place in it, who is known by both together only."""
    free = [name for name, guess in guesses.items() if guess.becomes == "key" and name not in keys]
    case = next((name for name in free if headers[name].says("case")), None)
    place = next((name for name in free if set(headers[name].words) & _WITHIN and name != case), None)
    if case is None or place is None:
        return None
    longest = rows[place].str.len_chars().max()
    return (case, place) if isinstance(longest, int) and longest <= _SHORT else None


def _composite(
    agency: str,
    within: tuple[str, str],
    headers: Mapping[str, Header],
    keys: Mapping[str, tuple[Key, ...]],
    taken: set[str],
) -> dict[str, tuple[Key, ...]]:
    case, place = within
    namespace = _free(f"{agency}.{headers[case].thing}_party", f"{agency}.{headers[case].snake}_party", taken)
    return {case: (*keys[case], Key(namespace, 1)), place: (Key(namespace, 2),)}


def _free(wanted: str, longer: str, taken: set[str]) -> str:
    """The first name of these that is not taken, else one with a number."""
    for name in (wanted, longer):
        if name not in taken:
            return name
    return next(name for count in range(2, 10_000) if (name := f"{longer}_{count}") not in taken)


def _subject(
    persons: Sequence[str],
    keys: Mapping[str, tuple[Key, ...]],
    guesses: Mapping[str, Guess],
    within: tuple[str, str] | None,
    others: Sequence[Feed],
    headers: Mapping[str, Header],
) -> tuple[Subject, tuple[str, ...]]:
    known = {feed.subject.namespace for feed in others if isinstance(feed.subject, Key)}
    listed = [key.namespace for found in keys.values() for key in found]
    owned = next((namespace for namespace in listed if namespace in known), None)
    if owned or persons:
        several = ("several columns number persons: which of them is the row about?",) if len(persons) > 1 else ()
        return Key(owned or keys[persons[0]][0].namespace), several
    if any(guess.becomes == "identify" for guess in guesses.values()):
        return EachRow(), ("no number of the person: each row is known by its identifiers only",)
    through = "the feed that ties this number to a person must be there too"
    if within:
        return Via(keys[within[0]][-1].namespace), (through,)
    about = next((name for name in keys if set(headers[name].words) & _ABOUT), None)
    if about:
        return Via(keys[about][0].namespace), (through,)
    if keys and not any(headers[name].says("agency", "content", "staff", "place") for name in keys):
        return Via(next(iter(keys.values()))[0].namespace), (through, "or are the rows not about persons: NoSubject()?")
    return NoSubject(), ("nothing in the row says whom it is about",)
