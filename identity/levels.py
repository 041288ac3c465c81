"""The weights that Splink would give, many times faster: levels from whole numbers, likenesses once a distinct pair.

`compare.settings` is what the levels mean, and the source of the weights; a test holds the two together. A level
is looked for only where no closer one was found, and a pair that cannot reach the wanted weight is dropped before
its names are measured letter by letter.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl

from identity.coded import EQUAL, Coded
from identity.encode import Places
from identity.model import Level, Model

Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Bits = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Gammas = npt.NDArray[np.int8]

CLOSE: Final = 0.88
"""Jaro-Winkler at which one part of a name counts as a slip of the pen (LINKAGE.md)."""
SAME_GIVEN: Final = 0.92
"""The same where the surname says nothing (a changed surname)."""
BOTH_CLOSE: Final = 0.85
"""The same where both parts are only close."""

_SETTLED: Final = ("exact", "shared_surname")
"""Levels of the name that hold or do not by whole numbers alone."""
_PIECE: Final = 1 << 18
"""Pairs that are compared together."""
_THREADS: Final = 2


def measured(standard: pl.DataFrame, pairs: pl.DataFrame, model: Model, floor: float | None = None) -> pl.DataFrame:
    """What `compare.compare` gives, without the pairs that surely lie below the floor."""
    ids = standard["identity_id"].to_numpy()
    left, right = (pairs[side].to_numpy() for side in ("left_id", "right_id"))
    place = Places(ids)
    # NumPy, Arrow and DuckDB leave the interpreter alone while they count.
    with (
        duckdb.connect(":memory:", config={"temp_directory": "", "threads": 1}) as connection,
        ThreadPoolExecutor(_THREADS) as threads,
    ):
        records = Coded(standard, model, threads)

        def compared(some: slice) -> _Counted:
            return _counted(_Piece(records, place.of(left[some]), place.of(right[some])), model, floor)

        counted = _Counted.joined(threads.map(compared, _slices(len(left), _PIECE)))
        parts = [counted.kept(some) for some in _slices(len(counted.total), _PIECE)]
        connections = [connection.cursor() for _ in parts]
        named = threads.map(lambda part, cursor: _named(part, cursor, model), parts, connections)
        return pl.concat([found.with_columns(_ids(found, ids)) for found in named])


def _ids(found: pl.DataFrame, ids: Rows) -> list[pl.Series]:
    return [pl.Series(name, ids[found[name].to_numpy()]) for name in ("left_id", "right_id")]


def _slices(count: int, size: int) -> list[slice]:
    """Pieces of so many; one that is empty where there is nothing."""
    return [slice(start, start + size) for start in range(0, count, size)] or [slice(0, 0)]


class _Piece:
    """Some pairs: ``left`` and ``right`` are rows of the records."""

    def __init__(self, records: Coded, left: Rows, right: Rows) -> None:
        self.records = records
        self.left, self.right = left, right
        self._both: dict[str, tuple[Codes, Codes]] = {}

    def kept(self, some: Flags | Rows | slice) -> "_Piece":
        """Only some of the pairs."""
        return _Piece(self.records, self.left[some], self.right[some])

    def both(self, field: str) -> tuple[Codes, Codes]:
        """Codes of a field on both sides."""
        if field not in self._both:
            codes = self.records.codes[field]
            self._both[field] = codes[self.left], codes[self.right]
        return self._both[field]

    def null(self, field: str) -> Flags:
        """Where one side lacks the field."""
        left, right = self.both(field)
        return np.asarray((left | right) < 0)

    def same(self, field: str) -> Flags:
        """Where both sides have the field and agree."""
        left, right = self.both(field)
        return np.asarray((left == right) & (left >= 0))

    def share(self, one: str, other: str) -> Flags:
        """Where a token of ``one`` on the left is a token of ``other`` on the right."""
        return np.asarray(self.common(one, other, enough=1) >= 1)

    def common(self, one: str, other: str, enough: int) -> npt.NDArray[np.int8]:
        """How many tokens of ``one`` on the left are among those of ``other`` on the right, up to ``enough``."""
        left, right = self.records.tokens[one], self.records.tokens[other]
        first = left[self.left, 0]
        found = ((first == right[self.right, 0]) & (first >= 0)).astype(np.int8)
        several = (self.records.several[one][self.left]) | (self.records.several[other][self.right])
        rest = np.flatnonzero(several & (found < enough))
        if len(rest):
            met = _met(left, self.left[rest], right, self.right[rest])
            found[rest] = np.minimum(met, enough)
        return np.asarray(found)

    def frequency(self, name: str) -> Bits:
        """How frequent the more frequent one of both sides' names is, as a power of two; NaN where it has none."""
        found = self.records.frequency[name]
        return np.asarray(np.fmax(found[self.left], found[self.right]))

    def slipped(self, field: str) -> Flags:
        """Where both have the field, and differ by one letter at most."""
        left, right = self.both(field)
        found = self.same(field)
        at = np.flatnonzero(~found & ((left | right) >= 0))
        found[at] = self.records.slips[field].one_apart(left[at], right[at])
        return found


def _met(left: Codes, of_left: Rows, right: Codes, of_right: Rows) -> npt.NDArray[np.int8]:
    """How many tokens of a row of ``left`` are among those of a row of ``right``; rows are filled from the left."""
    met = np.zeros(len(of_left), np.int8)
    at = np.arange(len(of_left))
    for place in range(left.shape[1]):
        token = left[of_left[at], place]
        at, token = at[token >= 0], token[token >= 0]
        beside = at
        for other in range(right.shape[1]):
            there = right[of_right[beside], other]
            met[beside] += there == token
            beside, token = beside[there >= 0], token[there >= 0]
            if not len(beside):
                break
        if not len(at):
            break
    return met


@dataclass(frozen=True)
class _Counted:
    """Pairs that may reach the floor: their weight so far, and their levels (the name's where it is settled)."""

    piece: _Piece
    total: Bits
    gammas: dict[str, Gammas]
    given: Flags
    surname: Flags
    settled: Flags

    def kept(self, some: Rows | slice) -> "_Counted":
        """Only some of the pairs."""
        gammas = {name: gamma[some] for name, gamma in self.gammas.items()}
        flags = (flags[some] for flags in (self.given, self.surname, self.settled))
        return _Counted(self.piece.kept(some), self.total[some], gammas, *flags)

    @staticmethod
    def joined(parts: Iterable["_Counted"]) -> "_Counted":
        """All pairs of all parts."""
        every = list(parts)
        records = every[0].piece.records
        left, right = (np.concatenate([getattr(one.piece, side) for one in every]) for side in ("left", "right"))
        gammas = {name: np.concatenate([one.gammas[name] for one in every]) for name in every[0].gammas}
        rest = (np.concatenate([getattr(one, name) for one in every]) for name in ("given", "surname", "settled"))
        total = np.concatenate([one.total for one in every])
        return _Counted(_Piece(records, left, right), total, gammas, *rest)


def _counted(piece: _Piece, model: Model, floor: float | None) -> _Counted:
    """All that whole numbers say of the pairs, without those that no name lifts to the floor."""
    total = np.full(len(piece.left), math.log2(model.prior / (1 - model.prior)))
    gammas: dict[str, Gammas] = {}
    for name, levels in _LEVELS.items():
        gammas[name] = _gamma(levels(piece), len(model.comparisons[name]), len(piece.left))
        total += _weights(model, name)[gammas[name]]
    null, exact = piece.null("given") & piece.null("surname"), piece.same("full_name")
    given, surname = piece.share("givens", "givens"), piece.share("surnames", "surnames")
    gammas["name"] = _gamma([null, exact, given & surname], len(model.comparisons["name"]), len(total))
    found = _Counted(piece, total, gammas, given, surname, null | exact | (given & surname))
    return found if floor is None else found.kept(np.flatnonzero(total + _best(found, model) >= floor))


def _best(counted: _Counted, model: Model) -> Bits:
    """The highest weight that the name may still have: exactly that where its level is settled."""
    gamma, weights = counted.gammas["name"], _weights(model, "name")
    best = weights[gamma] + _adjustments(counted.piece, gamma, model)
    at = np.flatnonzero(~counted.settled)
    piece = counted.piece.kept(at)
    swapped = piece.share("surnames", "givens") & piece.share("givens", "surnames")
    possible = {"swapped": swapped, "one_close": counted.given[at] | counted.surname[at]}
    top = np.full(len(at), -np.inf)
    for label, level in model.comparisons["name"].items():
        if label not in _SETTLED:
            weight = weights[model.gamma("name", label)] + (_rarity(piece, level) if level.frequency else 0.0)
            top = np.maximum(top, np.where(possible[label], weight, -np.inf) if label in possible else weight)
    best[at] = top
    return best


def _named(counted: _Counted, connection: duckdb.DuckDBPyConnection, model: Model) -> pl.DataFrame:
    """Weights and levels with the name's, ``left_id`` and ``right_id`` as rows of the records."""
    gamma, piece = counted.gammas["name"], counted.piece
    at = np.flatnonzero(~counted.settled)
    levels = _by_letters(piece.kept(at), connection, counted.given[at], counted.surname[at])
    gamma[at] = _gamma(levels, len(model.comparisons["name"]), len(at))
    total = counted.total + (_weights(model, "name")[gamma] + _adjustments(piece, gamma, model))
    columns = {"left_id": piece.left, "right_id": piece.right, "match_weight": total}
    return pl.DataFrame(columns | {f"gamma_{name}": counted.gammas[name] for name in model.comparisons})


def _alike(piece: _Piece, connection: duckdb.DuckDBPyConnection) -> dict[str, Bits]:
    """Jaro-Winkler, by DuckDB, of each name on the left and each on the right; NaN where one is null."""
    texts = {
        f"{name}_{side}": piece.records.texts[name].gather(pl.Series(codes).replace(-1, None))
        for name in ("written", "surname")
        for side, codes in zip("lr", piece.both(name), strict=True)
    }
    connection.register("couples", pl.DataFrame(texts).to_arrow())
    columns = ", ".join(
        f"jaro_winkler_similarity({one}_l, {other}_r)::DOUBLE AS {one}_{other}"
        for one, other in itertools.product(("written", "surname"), repeat=2)
    )
    found = pl.DataFrame(connection.execute(f"SELECT {columns} FROM couples").to_arrow_table())
    connection.unregister("couples")
    return {name: found[name].fill_null(math.nan).to_numpy() for name in found.columns}


def _weights(model: Model, name: str) -> Bits:
    """Weight by gamma; that of -1, "one side is empty", stands last."""
    levels = list(model.comparisons[name].values())
    return np.array([*(math.log2(level.m) - math.log2(level.u) for level in reversed(levels)), 0.0])


def _gamma(levels: Sequence[Flags], count: int, size: int) -> npt.NDArray[np.int8]:
    """The first level that holds of "null", the closest, …; 0 where none does."""
    gamma = np.zeros(size, np.int8)
    for place in reversed(range(len(levels))):
        gamma[levels[place]] = count - place if place else -1
    return gamma


def _birth(piece: _Piece) -> list[Flags]:
    left, right = piece.both("birth_date")
    year, month, day = (part[left] == part[right] for part in piece.records.parts)
    _, months, days = piece.records.parts
    crossed = (months[left] == days[right]) & (days[left] == months[right])
    return [
        piece.null("birth_date"), left == right, year & crossed, piece.slipped("birth_date"), year & (month | day)
    ]  # fmt: skip


def _ssn(piece: _Piece) -> list[Flags]:
    null = piece.null("ssn") & piece.null("ssn4")
    return [null, piece.same("ssn"), piece.same("ssn4"), piece.slipped("ssn4")]


def _state_id(piece: _Piece) -> list[Flags]:
    return [piece.null("state_id"), piece.same("state_id"), piece.slipped("state_id")]


def _suffix(piece: _Piece) -> list[Flags]:
    left, right = piece.both("suffix")
    return [(left < 0) & (right < 0), left == right, (left < 0) | (right < 0)]


def _place(piece: _Piece) -> list[Flags]:
    null_zip, same_zip = piece.null("zip"), piece.same("zip")
    house, words = piece.share("houses", "houses"), piece.common("streets", "streets", enough=3)
    door = house & ((words >= 3) | ((words >= 2) & same_zip))
    return [
        piece.null("address") & null_zip, piece.same("address") & (same_zip | null_zip), door,
        house & (words >= 1) & same_zip, words >= 3, house & (words >= 2), same_zip & (words >= 2),
        house & (words >= 1), same_zip & (words >= 1), words >= 2, same_zip,
    ]  # fmt: skip


def _equal(field: str) -> Callable[[_Piece], list[Flags]]:
    return lambda piece: [piece.null(field), piece.same(field)]


_LEVELS: Mapping[str, Callable[[_Piece], list[Flags]]] = {
    "suffix": _suffix, "birth": _birth, "ssn": _ssn, "state_id": _state_id, "place": _place,
    **{field: _equal(field) for field in EQUAL},
}  # fmt: skip
"""For each comparison but the name: where "null" holds, where the closest level holds, and so on."""


def _by_letters(piece: _Piece, connection: duckdb.DuckDBPyConnection, given: Flags, surname: Flags) -> list[Flags]:
    none, like = np.zeros(len(given), bool), _alike(piece, connection)
    given_like, surname_like = like["written_written"], like["surname_surname"]
    crossed, back = piece.share("surnames", "givens"), piece.share("givens", "surnames")
    crossed_like = (crossed | (like["surname_written"] >= CLOSE)) & (back | (like["written_surname"] >= CLOSE))
    left, right = piece.both("written")
    letters, initial = piece.records.letters, piece.records.initial
    abbreviated = (left >= 0) & (right >= 0) & surname
    abbreviated &= (np.minimum(letters[left], letters[right]) == 1) & (initial[left] == initial[right])
    no_given, no_surname = piece.null("given"), piece.null("surname")
    return [
        none, none, none,
        (given & (surname_like >= CLOSE)) | (surname & (given_like >= CLOSE)),
        crossed & back,
        ((given_like >= BOTH_CLOSE) & (surname_like >= BOTH_CLOSE)) | abbreviated,
        crossed_like,
        no_surname & given,
        no_given & surname,
        (no_surname & (given_like >= CLOSE)) | (no_given & (surname_like >= CLOSE)),
        given | (given_like >= SAME_GIVEN),
        surname,
        surname_like >= CLOSE,
    ]  # fmt: skip


def _adjustments(piece: _Piece, gamma: npt.NDArray[np.int8], model: Model) -> Bits:
    """What the frequency of the very name adds to a level."""
    added = np.zeros(len(gamma))
    for label, level in model.comparisons["name"].items():
        if level.frequency:
            at = np.flatnonzero(gamma == model.gamma("name", label))
            added[at] = _rarity(piece.kept(at), level)
    return added


def _rarity(piece: _Piece, level: Level) -> Bits:
    """What the frequency of its names adds to a level that looks at it."""
    return np.asarray(np.nan_to_num(math.log2(level.u) - piece.frequency(level.frequency or "")))
