"""Texts that match a column's pattern: literals, escapes, classes, groups of alternatives, and repetitions."""

import string
from collections.abc import Callable
from random import Random
from typing import Final

Make = Callable[[Random], str]

_ANY: Final = string.ascii_letters + string.digits
_MOST: Final = 8
"""How often an unbounded repetition is repeated at most."""


class UnknownPattern(ValueError):
    """The pattern uses more of regular expressions than contracts need."""


def maker(pattern: str) -> Make:
    """What makes a text that the whole of ``pattern`` matches; `UnknownPattern` where it cannot be read."""
    make, rest = _alternatives(pattern)
    if rest:
        raise UnknownPattern
    return make


def _alternatives(rest: str) -> tuple[Make, str]:
    made, rest = _sequence(rest)
    choices = [made]
    while rest.startswith("|"):
        made, rest = _sequence(rest[1:])
        choices.append(made)
    return (lambda random: random.choice(choices)(random)), rest


def _sequence(rest: str) -> tuple[Make, str]:
    parts: list[Make] = []
    while rest and rest[0] not in "|)":
        part, rest = _atom(rest)
        low, high, rest = _repetition(rest)
        parts.append(_repeated(part, low, high))
    return (lambda random: "".join(part(random) for part in parts)), rest


def _repeated(part: Make, low: int, high: int) -> Make:
    return lambda random: "".join(part(random) for _ in range(random.randint(low, high)))


def _atom(rest: str) -> tuple[Make, str]:
    first = rest[0]
    if first == "(":
        inner, rest = _alternatives(rest[1:].removeprefix("?:"))
        if not rest.startswith(")"):
            raise UnknownPattern
        return inner, rest[1:]
    if first == "[":
        return _class(rest)
    if first == ".":
        return (lambda random: random.choice(_ANY)), rest[1:]
    if first == "\\" and len(rest) > 1 and not rest[1].isalnum():
        return _literal(rest[1]), rest[2:]
    if first in "*+?{}^$\\":
        raise UnknownPattern
    return _literal(first), rest[1:]


def _literal(character: str) -> Make:
    return lambda _: character


def _class(rest: str) -> tuple[Make, str]:
    end = rest.find("]", 2)
    if end < 0 or "\\" in rest[:end]:
        raise UnknownPattern
    body = rest[1:end]
    listed = _members(body.removeprefix("^"))
    members = [letter for letter in _ANY if letter not in listed] if body.startswith("^") else listed
    return (lambda random: random.choice(members)), rest[end + 1 :]


def _members(body: str) -> list[str]:
    members: list[str] = []
    while body:
        if len(body) > 2 and body[1] == "-":
            members += [chr(code) for code in range(ord(body[0]), ord(body[2]) + 1)]
            body = body[3:]
        else:
            members.append(body[0])
            body = body[1:]
    return members


def _repetition(rest: str) -> tuple[int, int, str]:
    """How often the atom before ``rest`` is repeated at least and at most."""
    match rest[:1]:
        case "?":
            return 0, 1, rest[1:]
        case "*":
            return 0, _MOST, rest[1:]
        case "+":
            return 1, _MOST, rest[1:]
        case "{":
            bounds, _, rest = rest[1:].partition("}")
            low, comma, high = bounds.partition(",")
            return int(low or 0), int(high) if high else (int(low or 0) + (_MOST if comma else 0)), rest
    return 1, 1, rest
