"""Which identities are compared: blind block keys.

Keys are 63-bit keyed hashes of rule and value. They leak equality and frequency: vault only.
"""

import hmac
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from identity.compare import PAIRS, ordered
from identity.encode import Places, Tokens, column, distinct, tokens
from identity.keys import blind_keys
from identity.model import Model

FULL: Final = 200
"""A block of more identities than this says too little to compare them all (a million people: 0.02 %)."""

IDS: Final = ("ssn", "state_id", "fbi_number", "licence", "phone", "email")

_LETTERS: Final = 3
_STREET_LETTERS: Final = 4

_AT_ONCE: Final = 1 << 18
"""Blocks whose pairs are made together."""
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)

Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]


def block_keys(standard: pl.DataFrame, key: bytes, model: Model) -> pl.DataFrame:
    """``identity_id``, ``block_key``, ``rule``: under which blocks each identity is found, each once.

    The first rules are the values of `IDS`, in that order.

    A name by itself is a block only where the model calls it rare, so that blocks practically never fill up:
    which pairs are compared then hangs on the two records and on nothing else.
    """
    codes = _Hashes(standard, key)
    rules = [*_number_rules(codes), *_birth_rules(codes), *_name_rules(codes, standard, model)]
    rows = np.concatenate([rule[0] for rule in rules])
    left, right = (np.concatenate([rule[place] for rule in rules]) for place in (1, 2))
    number = np.repeat(np.arange(len(rules), dtype=np.uint64), [len(rule[0]) for rule in rules])
    found = _sealed(left, right ^ (number << np.uint64(1)), key)
    return pl.DataFrame(
        {
            "identity_id": standard["identity_id"].to_numpy()[rows],
            "block_key": found,
            "rule": number.astype(np.int16),
        }
    )


class _Hashes:
    """Blind 64-bit values of the fields' texts, each distinct text hashed once."""

    def __init__(self, standard: pl.DataFrame, key: bytes) -> None:
        self._standard = standard
        self._key = key
        self.given, self.birth, self.ssn4, self.zip = map(self.of, ("given", "birth_date", "ssn4", "zip"))
        self.year = self.of("birth_date", pl.col("text").str.slice(0, 4))
        self.surnames = tokens(standard["surnames"])
        self.names = tokens(standard.select(pl.concat_list("givens", "surnames")).to_series())
        self.each_name = _distinct(self.names.rows, self.names.codes, self.values(self.names.texts))
        """Row and value of each distinct name of a row, whichever name it is."""

    def of(self, field: str, part: pl.Expr | None = None) -> tuple[npt.NDArray[np.bool_], Keys]:
        """Whether a row has the field, and its value (or that of a part of it)."""
        coded = column(self._standard[field])
        return coded.codes >= 0, self.values(coded.texts, part)[coded.codes]

    def values(self, texts: pl.Series, part: pl.Expr | None = None) -> Keys:
        """The value of each text; one more at the end stands for null."""
        parts = texts if part is None else texts.to_frame("text").select(part).to_series()
        hashed = blind_keys(self._key, "block", parts)
        return np.append(hashed, 0).astype(np.uint64)

    def beginnings(self) -> tuple[Rows, Keys]:
        """Row and value of each distinct beginning of a row's names, whichever name it is."""
        short = column(self.names.texts.str.slice(0, _LETTERS))
        return _distinct(self.names.rows, short.codes[self.names.codes], self.values(short.texts))

    def whole(self, of: Tokens) -> tuple[Rows, Keys]:
        """Row and value of each token."""
        return of.rows, self.values(of.texts)[of.codes]

    def doors(self) -> "_Rule":
        """The first number of an address with the beginning of its first word, and each initial of a name."""
        first = self._standard.select(pl.col("houses").list.first(), pl.col("streets").list.first())
        house, street = column(first["houses"]), column(first["streets"].str.slice(0, _STREET_LETTERS))
        known = (house.codes >= 0) & (street.codes >= 0)
        short = column(self.names.texts.str.slice(0, 1))
        rows, initials = _distinct(self.names.rows, short.codes[self.names.codes], self.values(short.texts))
        rows, initials = rows[known[rows]], initials[known[rows]]
        doors = self.values(house.texts)[house.codes] * _ODD + self.values(street.texts)[street.codes]
        return rows, doors[rows], initials


_Rule = tuple[Rows, Keys, Keys]
"""Rows of identities, and the two values that make their blocks' keys."""


def _number_rules(of: _Hashes) -> list[_Rule]:
    nothing = np.uint64(0)
    rules = []
    for field in IDS:
        known, values = of.of(field)
        rows = np.flatnonzero(known)
        rules.append((rows, values[rows], np.full(len(rows), nothing)))
    return rules


def _birth_rules(of: _Hashes) -> list[_Rule]:
    """Birth date and the last digits of the SSN: with names, ZIP and each other."""
    (born, birth), (known, ssn4), (placed, code) = of.birth, of.ssn4, of.zip
    by_birth, by_ssn4 = of.beginnings(), of.each_name
    rules: list[_Rule] = [
        (rows[has[rows]], values[rows[has[rows]]], parts[has[rows]])
        for has, values, (rows, parts) in ((born, birth, by_birth), (known, ssn4, by_ssn4))
    ]
    both, there = np.flatnonzero(born & known), np.flatnonzero(born & placed)
    return [*rules, (both, birth[both], ssn4[both]), (there, birth[there], code[there])]


def _name_rules(of: _Hashes, standard: pl.DataFrame, model: Model) -> list[_Rule]:
    """Door and initial, and given name with each surname in either order: with birth year, with ZIP, and where rare."""
    rows, surnames = of.whole(of.surnames)
    has_given, given = of.given
    kept = has_given[rows]
    rows, names = rows[kept], (surnames + given[rows])[kept]
    is_rare = _rare(standard, model)[rows]
    rules: list[_Rule] = [(rows[is_rare], names[is_rare], np.zeros(is_rare.sum(), np.uint64))]
    for has, values in (of.year, of.zip):
        rules.append((rows[has[rows]], names[has[rows]], values[rows[has[rows]]]))
    return [*rules, of.doors(), _neighbour_rule(of, standard), *_poor_rules(of, standard)]


def _neighbour_rule(of: _Hashes, standard: pl.DataFrame) -> _Rule:
    """ZIP and birth year with each name, of those who have no number: they have little else."""
    (placed, code), (born, year) = of.zip, of.year
    bare = standard.select(pl.all_horizontal(pl.col(*IDS, "ssn4").is_null())).to_series().to_numpy()
    rows, names = of.each_name
    kept = (placed & born & bare)[rows]
    rows = rows[kept]
    return rows, names[kept], code[rows] * _ODD + year[rows]


def _poor_rules(of: _Hashes, standard: pl.DataFrame) -> list[_Rule]:
    """For those with a name but neither sex, middle name nor SSN: words of the address with all else, ZIP with names.

    With few fields one slip hides a record from every other rule.
    """
    few = pl.all_horizontal(pl.col("sex", "middle", "ssn4").is_null())
    named = pl.any_horizontal(pl.col("given", "surname").is_not_null())
    poor = standard.select(few & named).to_series().to_numpy()
    (placed, code), (born, birth), (dated, year) = of.zip, of.birth, of.year
    names = of.each_name
    street_tokens, house_tokens = tokens(standard["streets"]), tokens(standard["houses"])
    streets, houses = of.whole(street_tokens), of.whole(house_tokens)
    rules = []
    for (rows, parts), has, values in (
        (names, placed, code),
        (streets, placed, code),
        (streets, born, birth),
        (streets, dated, year),
    ):
        kept = (poor & has)[rows]
        rules.append((rows[kept], parts[kept], values[rows[kept]]))
    for one, other in ((names, streets), (houses, streets)):
        rules.append(_crossed(one, other, poor))
    return rules


def _crossed(one: tuple[Rows, Keys], other: tuple[Rows, Keys], among: npt.NDArray[np.bool_]) -> _Rule:
    """Each value of the one with each of the other, of the same row."""
    left, right = (
        pl.DataFrame({"row": rows[among[rows]], name: values[among[rows]]})
        for name, (rows, values) in (("left", one), ("right", other))
    )
    both = left.join(right, on="row")
    return both["row"].to_numpy(), both["left"].to_numpy(), both["right"].to_numpy()


def _rare(standard: pl.DataFrame, model: Model) -> npt.NDArray[np.bool_]:
    """Whether the same full name makes one person likely even at another address, by the model's frequencies."""
    name, place = model.comparisons["name"]["exact"], model.comparisons["place"]["other"]
    frequency = model.frequencies(standard.select("given", "surname"))["tf_full_name"]
    return (frequency <= name.m * model.prior * place.m / place.u).fill_null(value=False).to_numpy()


def _distinct(rows: Rows, codes: npt.NDArray[np.int32], values: Keys) -> tuple[Rows, Keys]:
    packed = distinct((rows << 32) | codes)
    return packed >> 32, values[packed & 0xFFFF_FFFF]


def _sealed(left: Keys, right: Keys, key: bytes) -> npt.NDArray[np.int64]:
    """63 bits of AES-256 over two blind values: without the key, keys of blocks that share a value look unrelated."""
    cells = np.empty((len(left), 2), np.uint64)
    cells[:, 0], cells[:, 1] = left, right
    encryptor = Cipher(AES256(hmac.digest(key, b"block pair", "sha256")), ECB()).encryptor()
    sealed = np.frombuffer(encryptor.update(cells.tobytes()), np.uint64)
    return (sealed[::2] >> np.uint64(1)).astype(np.int64)


def pairs(blocks: pl.DataFrame, of: pl.Series | None = None) -> pl.DataFrame:
    """`PAIRS` of identities that share a block that is not over-full, with at least one of each pair in ``of``.

    ``blocks``: ``identity_id``, ``block_key``, all members of each block that occurs; without ``of`` all pairs.
    """
    if of is None:
        return _all_pairs(blocks)
    usable = blocks.filter(pl.len().over("block_key").is_between(2, FULL))
    left = usable.filter(pl.col("identity_id").is_in(of.implode()))
    if left.height == usable.height:
        return _all_pairs(usable)
    met = left.join(usable, on="block_key", suffix="_other").filter(
        pl.col("identity_id") != pl.col("identity_id_other")
    )
    return ordered(met["identity_id"], met["identity_id_other"])


def overfull(before: pl.DataFrame, after: pl.DataFrame, full: int = FULL) -> pl.Series:
    """The keys of the blocks that are over-full in one state and not in the other: rescore their members.

    ``before``, ``after``: ``block_key`` and ``records``, the number of its identities; a block that is missing
    has none. With ``number_id`` renamed and `clusters.FULL_NUMBER` it says the same of agency numbers.
    """
    states = before.join(after, on="block_key", how="full", coalesce=True, suffix="_after")
    was, now = (pl.col(name).fill_null(0) > full for name in ("records", "records_after"))
    return states.filter(was != now)["block_key"].sort()


def _all_pairs(blocks: pl.DataFrame) -> pl.DataFrame:
    """`PAIRS` within blocks that are not over-full."""
    rows = blocks if blocks["block_key"].is_sorted() else blocks.sort("block_key")
    keys = rows["block_key"].to_numpy()
    bounds = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1], True]) if len(keys) else np.zeros(1, np.int64)
    sizes = np.diff(bounds)
    usable = (sizes > 1) & (sizes <= FULL)
    starts, sizes = bounds[:-1][usable], sizes[usable]
    ids = rows["identity_id"].to_numpy()
    names = distinct(ids)
    place = Places(names)

    def met(first: int) -> Rows:
        some = slice(first, first + _AT_ONCE)
        begins = np.cumsum(sizes[some]) - sizes[some]
        members = np.repeat(starts[some] - begins, sizes[some]) + np.arange(sizes[some].sum())
        return np.concatenate(list(_met(place.of(ids[members]), begins, sizes[some])))

    with ThreadPoolExecutor(2) as threads:
        # Both sides in one number: half the memory, and sorted many times faster.
        packed = distinct(np.concatenate([ids[:0], *threads.map(met, range(0, len(starts), _AT_ONCE))]))
    return pl.DataFrame({"left_id": names[packed >> 32], "right_id": names[packed & 0xFFFF_FFFF]}, schema=PAIRS)


def _met(places: Rows, begins: Rows, sizes: Rows) -> Iterator[Rows]:
    """Pairs of the members of each block, the lower place in the upper bits; blocks of one size are taken together.

    Each member meets the next of its block, then the one after that, and so on.
    """
    yield places[:0]
    order = np.argsort(sizes, kind="stable")
    sizes, begins = sizes[order], begins[order]
    for size in np.unique(sizes).tolist():
        first, last = np.searchsorted(sizes, [size, size + 1])
        of_block = places[begins[first:last, None] + np.arange(size)]
        for apart in range(1, size):
            one, other = of_block[:, :-apart], of_block[:, apart:]
            yield (np.minimum(one, other) << 32 | np.maximum(one, other)).reshape(-1)
