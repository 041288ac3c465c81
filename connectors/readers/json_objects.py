"""One line of JSON read by the standard library, strictly: every number as it is written, no key twice."""

import json
from typing import Final, NoReturn

Row = dict[str, str | None]


class _NotJsonError(Exception):
    """The line says NaN or Infinity, which only some programs take for JSON."""


class _RepeatedKeyError(Exception):
    """An object has a key twice."""


def _refuse_constant(text: str) -> NoReturn:
    raise _NotJsonError


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RepeatedKeyError
    return found


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=str, parse_int=str, parse_constant=_refuse_constant
)


def read_object(line: bytes) -> Row | str:
    """The object of a line of sound UTF-8, or the rule that it breaks.

    ``bad_json``, ``nested_value``, ``repeated_key``, ``nul_byte`` (escaped), ``bad_encoding`` (half a character).
    """
    try:
        found = _DECODER.decode(line.decode())
    except _RepeatedKeyError:
        return "repeated_key"
    except (_NotJsonError, ValueError, RecursionError):
        return "bad_json"
    if not isinstance(found, dict):
        return "bad_json"
    if any(isinstance(value, dict | list) for value in found.values()):
        return "nested_value"
    row = {key: None if value is None else _text(value) for key, value in found.items()}
    return _unreadable(row) or row


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unreadable(row: Row) -> str | None:
    for text in (*row, *row.values()):
        if text and "\0" in text:
            return "nul_byte"
        try:
            (text or "").encode()
        except UnicodeEncodeError:
            return "bad_encoding"
    return None
