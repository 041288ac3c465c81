"""What a column is, by its header's words and by the look of its cells; what is not understood is protected."""

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

from schemas.codes import Identifier
from schemas.columns import Code, ColumnType, Decimal, Integer, Text
from schemas.decode import DECIMAL, INTEGER
from schemas.draft.cells import Cells, looks_named
from schemas.draft.dates import Dates
from schemas.draft.header import SENSES, Header, word_list
from schemas.draft.identity import field_of, look_of

Becomes = Literal["identify", "key", "drop", "keep"]

_PERSONAL_AGE: Final = 16 * 365
"""Dates that lie, in the middle, so many days before the sample's latest may be birth dates whatever their header."""
_NUMERIC: Final = 0.98
_MANY_DIGITS: Final = r"[0-9].*[0-9].*[0-9].*[0-9]"
_MANY: Final = 50
_FEW: Final = 15
_MOST_CODES: Final = 40
_MOST_WORDS: Final = 15
_LONGEST_CODE: Final = 60
_SIGN: Final = 3
"""Characters of a code that is no word."""
_NUMBERED: Final = SENSES["person"] | SENSES["case"] | {"cd", "code"}
"""A header of these words alone says whose or which, and its cells are the numbers of these."""
_FLAG: Final = 2
_SHORT: Final = ("sex", "race", "suffix", "given_name", "middle_name", "surname", "ssn_last4")
_ORDINAL: Final = 999
_LENGTHS: Final = (1, 2, 5, 10, 20, 40, 60, 100, 200, 500, 1000, 2000, 4000, 10_000, 100_000, 1_000_000)
_ROLES: Final = word_list(
    "peer expert staff court probation parole jail prison self family agency other police school hospital "
    "unknown volunteer professional provider friend"
)


@dataclass(frozen=True)
class Guess:
    """What becomes of a column, its type, and what a person should look at."""

    becomes: Becomes
    type: ColumnType
    notes: tuple[str, ...] = ()
    field: Identifier | None = None
    person: bool = False
    ordinal: bool = False


def guess(header: Header, cells: Cells, dates: Dates | None, latest: dt.date | None) -> Guess:
    """What a column is; ``latest``: the latest date of the sample, None where it has none."""
    by_header = _by_header(header, cells, dates)
    if by_header is not None:
        return by_header
    by_look = _by_look(header, cells)
    if by_look is not None:
        return by_look
    if dates is not None and not header.says("number"):
        return _date(header, dates, latest)
    if _is_number(header, cells):
        return _number(header, cells)
    return _content(header, cells)


def text_of(cells: Cells, shaped: bool = False) -> Text:
    """Text as long as the longest, rounded up; of one shape where nearly all cells have it."""
    length = next(length for length in _LENGTHS if length >= cells.longest)
    return Text(length, cells.shape if shaped else None)


def codes_of(header: Header, cells: Cells) -> Code | None:
    """The texts of a closed list, each to itself; None where they are many, long or occur once.

    A text that occurs once is listed only where it is too short to be a word: it may have slipped in from elsewhere.
    """
    most = min(_MOST_CODES if cells.longest <= _SIGN else _MOST_WORDS, max(2, cells.filled // 4))
    listed = cells.texts.filter((cells.texts["count"] > 1) | cells.text.str.contains(rf"^[A-Za-z0-9]{{1,{_SIGN}}}$"))
    sound = listed.filter(
        listed["text"].str.contains(r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")
    )
    if not sound.height or not 0 < cells.distinct <= most or cells.longest > _LONGEST_CODE:
        return None
    if sound["count"].sum() < _NUMERIC * cells.filled:
        return None
    return Code({text: text for text in sound["text"]})


def _drop(cells: Cells, *notes: str) -> Guess:
    return Guess("drop", text_of(cells), notes)


def _by_header(header: Header, cells: Cells, dates: Dates | None) -> Guess | None:
    """Staff, identifiers and free text, as the header says."""
    if header.says("staff"):
        return _drop(cells, "about staff or others, not the person of the row: never persisted")
    field = field_of(header)
    if field is not None and (dates is None or field == "birth_date"):
        return _identifier(header, cells, dates, field)
    if header.says("by"):
        words = set(cells.text.str.to_lowercase().str.replace_all(r"[^a-z ]", "").str.split(" ").explode().drop_nulls())
        if not words <= (_ROLES | {""}):
            return _drop(cells, "may name who did it: never persisted")
    if header.says("name"):
        return _drop(cells, "a name: Identify(…) where it is the person's; a programme's name can reveal its clients")
    if header.says("place", "body") and not header.says("number"):
        return _drop(cells, "where or what the person is: may identify together with other columns")
    if header.says("text") and not header.says("number"):
        told = header.says("content") and codes_of(header, cells) is not None and cells.repeats >= 4
        return None if told else _drop(cells, "free text may name anybody: never persisted")
    if header.says("audit") and not header.says("number"):
        return _drop(cells, "the agency's book-keeping, not about the person")
    return None


def _identifier(header: Header, cells: Cells, dates: Dates | None, field: Identifier) -> Guess:
    if not cells.distinct and field not in ("birth_date", "sex", "race"):
        return Guess("identify", Text(200), ("empty in the sample",), field)
    if cells.distinct and cells.longest <= _FLAG and field not in (*_SHORT, "birth_date"):
        return _drop(cells, f"too short for {field.replace('_', ' ')}: says something about it, and is not understood")
    if field == "birth_date":
        if dates is None or dates.is_two_digit:
            return _drop(cells, "a birth date that names no century or is no date: ask for YYYY-MM-DD")
        return Guess("identify", dates.type, _date_notes(dates), field)
    if field in ("sex", "race"):
        codes = codes_of(header, cells)
        if codes is None:
            return _drop(cells, f"{field} in too many words to be a list of codes")
        return Guess("identify", codes, (), field)
    return Guess("identify", text_of(cells, shaped=field in ("ssn", "ssn_last4", "state_id", "zip")), (), field)


def _by_look(header: Header, cells: Cells) -> Guess | None:
    """Identifiers that the header does not tell of."""
    look = look_of(cells)
    if look == "number":
        return Guess("key", text_of(cells), ("looks like a hashed or generated number",), person=header.says("person"))
    if look is not None:
        if look != "full_name" or header.says("person") or not header.is_understood:
            return Guess("identify", text_of(cells), (f"looks like {look.replace('_', ' ')}, by its cells only",), look)
        return _drop(cells, "looks like names of people: Identify(…) where it is the person's")
    if looks_named(cells):
        return _drop(cells, "looks like names of people: Identify(…) where it is the person's")
    return None


def _date(header: Header, dates: Dates, latest: dt.date | None) -> Guess:
    old = latest is not None and (latest - dates.median).days > _PERSONAL_AGE
    if old and not dates.is_two_digit:
        note = "lies so far back that it may be a birth date: Keep() where it is not"
        return Guess("identify", dates.type, (note, *_date_notes(dates)), "birth_date")
    if old:
        return Guess("drop", dates.type, ("may be a birth date, without a century",))
    return Guess("keep", dates.type, _date_notes(dates))


def _date_notes(dates: Dates) -> tuple[str, ...]:
    notes = ["day and month could also be the other way round"] if dates.ambiguous else []
    if dates.is_two_digit:
        notes.append("two-digit years: 69 to 99 are read as 19xx")
    if dates.type.open_end:
        notes.append("these texts are taken for no date, or not ended yet")
    return tuple(notes)


def _is_number(header: Header, cells: Cells) -> bool:
    """Whether a column numbers something: its header says so, or it looks like it."""
    if header.says("number"):
        return True
    if header.words and all(word in _NUMBERED for word in header.words):
        return True
    if header.says("quantity") and cells.share(DECIMAL) > _NUMERIC:
        return False
    varied = cells.distinct > _MANY or cells.distinct > 0.5 * cells.filled
    digits = cells.share(_MANY_DIGITS) > 0.9 and cells.share(r" .* ") < 0.1
    return (varied and digits and cells.share(r"\.") < 0.5) or (cells.shape is not None and digits)


def _number(header: Header, cells: Cells) -> Guess:
    """A number of the agency; a place in a list (count 1, 2, …) is one that says nothing."""
    person = header.says("person")
    if header.says("ordinal") and not person and not header.says("case") and cells.share(INTEGER) > _NUMERIC:
        values = sorted(_values(cells, INTEGER))
        if values and values[0] >= 0 and values[int(0.99 * (len(values) - 1))] <= _ORDINAL:
            return Guess("keep", _whole(cells), ordinal=True)
    notes = () if header.says("number", "person", "case") else ("looks like a number that points to somebody",)
    return Guess("key", text_of(cells, shaped=True), notes, person=person)


def _content(header: Header, cells: Cells) -> Guess:
    if not cells.distinct:
        return _drop(cells, "empty in the sample")
    codes = codes_of(header, cells)
    quantity = header.says("quantity", "ordinal")
    if quantity and cells.share_of_cells(INTEGER) >= _NUMERIC:
        return Guess("keep", _whole(cells), ordinal=header.says("ordinal"))
    if quantity and cells.share_of_cells(DECIMAL) >= _NUMERIC:
        return Guess("keep", _decimal(cells))
    padded = cells.share(r"^0[0-9]") > 0
    short = cells.longest <= _SIGN or cells.share(INTEGER) == 1
    if codes is not None and (header.is_understood or short) and (cells.distinct <= _FEW or header.says("content")):
        return Guess("keep", codes)
    if not padded and cells.longest <= _SIGN and cells.share_of_cells(INTEGER) >= _NUMERIC:
        return Guess("keep", _whole(cells))
    if not padded and header.is_understood and cells.share_of_cells(DECIMAL) >= _NUMERIC and cells.share(r"\.") > 0.5:
        return Guess("keep", _decimal(cells))
    if header.says("content") and cells.repeats >= 3 and cells.longest <= 100:
        return Guess("keep", text_of(cells), ("many texts: is it a closed list of codes, or free text?",))
    return _drop(cells, "not understood, so never persisted: Keep() where it is content that names nobody")


def _whole(cells: Cells) -> Integer:
    """Whole numbers, with ends that are round and wide."""
    values = _values(cells, INTEGER)
    low, high = min(values, default=0), max(values, default=0)
    return Integer(0 if low >= 0 else None, 10 ** max(2, len(str(int(max(high, 0))))) - 1)


def _decimal(cells: Cells) -> Decimal:
    values = _values(cells, DECIMAL)
    low, high = min(values, default=0), max(values, default=0)
    return Decimal(0 if low >= 0 else None, 10 ** max(2, len(str(int(max(high, 0))))))


def _values(cells: Cells, pattern: str) -> list[float]:
    """The numbers in the cells that are numbers."""
    return [float(text) for text in cells.text.filter(cells.text.str.contains(pattern))]
