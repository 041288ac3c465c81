"""The weights that Splink would give, many times faster: levels from whole numbers, likenesses once a distinct pair.

`compare.settings` is what the levels mean, and the source of the weights; a test holds the two together. A level
is looked for only where no closer one was found, and a pair that cannot reach the wanted weight is dropped before
its names are measured letter by letter.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl

from identity.coded import EQUAL, Coded
from identity.encode import places
from identity.model import Model

Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Bits = npt.NDArray[np.float64]

CLOSE: Final = 0.88
"""Jaro-Winkler at which one part of a name counts as a slip of the pen (LINKAGE.md)."""
SAME_GIVEN: Final = 0.92
"""The same where the surname says nothing (a changed surname)."""
BOTH_CLOSE: Final = 0.85
"""The same where both parts are only close."""

_PIECE: Final = 1 << 19
_THREADS: Final = 2


def measured(standard: pl.DataFrame, pairs: pl.DataFrame, model: Model, floor: float | None = None) -> pl.DataFrame:
    """What `compare.compare` gives, without the pairs that surely lie below the floor."""
    ids = standard["identity_id"].to_numpy()
    left, right = (places(ids, pairs[side].to_numpy()) for side in ("left_id", "right_id"))
    records = Coded(standard, model)
    with duckdb.connect(":memory:", config={"temp_directory": "", "threads": 2}) as connection:
        pieces = [slice(start, start + _PIECE) for start in range(0, len(left), _PIECE)]
        connections = [connection.cursor() for _ in pieces]

        def compared(some: slice, cursor: duckdb.DuckDBPyConnection) -> pl.DataFrame:
            return _compared(_Piece(records, cursor, left[some], right[some]), ids, model, floor)

        # NumPy and DuckDB leave the interpreter alone while they count.
        with ThreadPoolExecutor(_THREADS) as threads:
            return pl.concat(threads.map(compared, pieces, connections))


class _Piece:
    """Some pairs: ``left`` and ``right`` are rows of the records."""

    def __init__(self, records: Coded, connection: duckdb.DuckDBPyConnection, left: Rows, right: Rows) -> None:
        self.records = records
        self.left, self.right = left, right
        self._connection = connection

    def kept(self, some: Flags) -> "_Piece":
        """Only some of the pairs."""
        return _Piece(self.records, self._connection, self.left[some], self.right[some])

    def both(self, field: str) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Codes of a field on both sides."""
        codes = self.records.codes[field]
        return codes[self.left], codes[self.right]

    def null(self, field: str) -> Flags:
        """Where one side lacks the field."""
        left, right = self.both(field)
        found: Flags = (left < 0) | (right < 0)
        return found

    def same(self, field: str) -> Flags:
        """Where both sides have the field and agree."""
        left, right = self.both(field)
        return np.asarray((left == right) & (left >= 0))

    def share(self, one: str, other: str) -> Flags:
        """Where a token of ``one`` on the left is a token of ``other`` on the right."""
        found: Flags = self.common(one, other, enough=1) >= 1
        return found

    def common(self, one: str, other: str, enough: int) -> npt.NDArray[np.int8]:
        """How many tokens of ``one`` on the left are among those of ``other`` on the right, up to ``enough``."""
        left, right = self.records.tokens[one], self.records.tokens[other]
        found = np.zeros(len(self.left), np.int8)
        for i, j in itertools.product(range(left.shape[1]), range(right.shape[1])):
            open_ = np.flatnonzero(found < enough) if i or j else slice(None)
            token = left[self.left[open_], i]
            found[open_] += (token == right[self.right[open_], j]) & (token >= 0)
        return found

    def alike(self, field: str, other: str = "") -> Bits:
        """Jaro-Winkler, by DuckDB, of the left field and the right (by default the same), each distinct pair once.

        NaN where one is null.
        """
        left, right = self.records.codes[field][self.left], self.records.codes[other or field][self.right]
        known = (left >= 0) & (right >= 0)
        packed, inverse = np.unique(left[known].astype(np.int64) << 32 | right[known], return_inverse=True)
        one, two = self.records.texts[field], self.records.texts[other or field]
        couples = pl.DataFrame({"a": one.gather(packed >> 32), "b": two.gather(packed & 0xFFFF_FFFF)}).to_arrow()
        self._connection.register("couples", couples)
        found = self._connection.execute(
            "SELECT jaro_winkler_similarity(a, b)::DOUBLE AS x FROM couples"
        ).to_arrow_table()
        self._connection.unregister("couples")
        measured = np.full(len(left), np.nan)
        measured[known] = found["x"].to_numpy()[inverse]
        return measured

    def slipped(self, field: str) -> Flags:
        """Where both have the field, and differ by one letter at most."""
        left, right = self.both(field)
        found = self.same(field)
        at = np.flatnonzero(~found & (left >= 0) & (right >= 0))
        found[at] = self.records.slips[field].one_apart(left[at], right[at])
        return found


def _compared(piece: _Piece, ids: Rows, model: Model, floor: float | None) -> pl.DataFrame:
    weights = {name: _weights(model, name) for name in model.comparisons}
    total = np.full(len(piece.left), math.log2(model.prior / (1 - model.prior)))
    gammas: dict[str, npt.NDArray[np.int8]] = {}
    for name, levels in _LEVELS.items():
        gammas[name] = _gamma(levels(piece), len(model.comparisons[name]), len(piece.left))
        total += weights[name][gammas[name]]
    named = _Names(piece)
    if floor is not None:
        rarity = max(0.0, *_rarest(model))
        open_ = named.best(weights["name"]) + rarity + total >= floor
        total, gammas = total[open_], {name: gamma[open_] for name, gamma in gammas.items()}
        piece, named = piece.kept(open_), named.kept(open_)
    gammas["name"] = named.gamma(len(model.comparisons["name"]))
    total += weights["name"][gammas["name"]] + _adjustments(piece, gammas["name"], model)
    columns = {"left_id": ids[piece.left], "right_id": ids[piece.right], "match_weight": total}
    return pl.DataFrame(columns | {f"gamma_{name}": gammas[name] for name in model.comparisons})


def _weights(model: Model, name: str) -> Bits:
    """Weight by gamma; that of -1, "one side is empty", stands last."""
    levels = list(model.comparisons[name].values())
    return np.array([*(math.log2(level.m) - math.log2(level.u) for level in reversed(levels)), 0.0])


def _rarest(model: Model) -> list[float]:
    """What the rarest name adds at most, for each level that looks at its frequency."""
    rarest = {"given": model.rare_given, "surname": model.rare_surname}
    rarest |= {name: min(low, *getattr(model, name).values()) for name, low in rarest.items()}
    rarest["full_name"] = rarest["given"] * rarest["surname"]
    levels = model.comparisons["name"].values()
    return [math.log2(level.u / rarest[level.frequency]) for level in levels if level.frequency]


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


class _Names:
    """The levels of the name: what is cheap at once, what must be measured only where it is asked for."""

    def __init__(self, piece: _Piece) -> None:
        self._piece = piece
        self.null = piece.null("given") & piece.null("surname")
        self.exact = piece.same("full_name")
        self.given = piece.share("givens", "givens")
        self.surname = piece.share("surnames", "surnames")

    def best(self, weights: Bits) -> Bits:
        """The highest weight that the name may still have, without what its rarity adds."""
        shared = self.given & self.surname
        top = np.where(shared, weights[-3], max(weights[:-3]))
        return np.where(self.null, 0.0, np.where(self.exact, weights[-2], top))

    def kept(self, some: Flags) -> "_Names":
        """Only some of the pairs."""
        found = object.__new__(_Names)
        found._piece = self._piece.kept(some)
        for name in ("null", "exact", "given", "surname"):
            setattr(found, name, getattr(self, name)[some])
        return found

    def gamma(self, count: int) -> npt.NDArray[np.int8]:
        """Splink's number of the level."""
        given, surname = self.given, self.surname
        done = self.null | self.exact | (given & surname)
        gamma = np.zeros(len(done), np.int8)
        closed = _gamma([self.null, self.exact, given & surname], count, len(done))
        gamma[done] = closed[done]
        rest = np.flatnonzero(~done)
        piece = self._piece.kept(~done)
        gamma[rest] = _gamma(_by_letters(piece, given[rest], surname[rest]), count, len(rest))
        return gamma


def _by_letters(piece: _Piece, given: Flags, surname: Flags) -> list[Flags]:
    none = np.zeros(len(given), bool)
    given_like, surname_like = piece.alike("written"), piece.alike("surname")
    crossed, back = piece.share("surnames", "givens"), piece.share("givens", "surnames")
    crossed_like = (crossed | (piece.alike("surname", "written") >= CLOSE)) & (
        back | (piece.alike("written", "surname") >= CLOSE)
    )
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
            frequency = piece.records.frequency[level.frequency]
            most = np.fmax(frequency[piece.left[at]], frequency[piece.right[at]])
            added[at] = np.nan_to_num(math.log2(level.u) - np.log2(most))
    return added
