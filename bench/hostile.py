"""Made-up files as they ought to be and not: cut, shifted, quoted, recoded, renamed, repeated, garbage."""

import datetime as dt
import gzip
from collections.abc import Callable, Iterator, Mapping
from itertools import cycle, islice
from random import Random
from typing import Final

from bench.kills import made_up
from bench.many_files import LAST_DAY, name_of
from schemas.catalogue import feeds
from schemas.contract import Delimited, Feed, FileDate

Spoil = Callable[[bytes, Random], bytes]
MOST_ROWS: Final = 30


def hostile(files: int, seed: int) -> Iterator[tuple[str, str, str, bytes]]:
    """Kind, agency, name and content of each file; no name comes twice."""
    random, before = Random(seed), dict[str, list[bytes]]()
    chosen = [feed for feed in feeds().values() if isinstance(feed.format, Delimited)
              and isinstance(feed.coverage.date, FileDate) and "{date" in feed.files]  # fmt: skip
    for number, feed in enumerate(islice(cycle(chosen), files)):
        kind = random.choice(KINDS)
        name = name_of(feed, LAST_DAY - dt.timedelta(days=number // len(chosen)))
        content = _content(feed, kind, random, before.setdefault(feed.name, []))
        yield kind, feed.agency, f"{number}_{name}" if kind == "renamed" else name, content


def _content(feed: Feed, kind: str, random: Random, before: list[bytes]) -> bytes:
    if kind == "repeated" and before:
        return random.choice(before)
    content = made_up(feed.name, random.randint(0, MOST_ROWS), random.getrandbits(32))
    if kind in SPOILS:
        content = SPOILS[kind](content, random)
    before.append(content)
    return content


def _cut(content: bytes, random: Random) -> bytes:
    return content[: random.randint(0, len(content))]


def _insert(piece: bytes) -> Spoil:
    def spoil(content: bytes, random: Random) -> bytes:
        place = random.randint(0, len(content))
        return content[:place] + piece + content[place:]

    return spoil


def _each_line(change: Callable[[bytes], bytes]) -> Spoil:
    def spoil(content: bytes, random: Random) -> bytes:
        lines = content.split(b"\n")
        share = random.random()
        return b"\n".join(
            [lines[0], *(change(line) if line and random.random() < share else line for line in lines[1:])]
        )

    return spoil


def _recoded(content: bytes, random: Random) -> bytes:
    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
    return text.encode(random.choice(("utf-16", "utf-32", "utf-8", "cp1252", "cp037")), "replace")


def _flipped(content: bytes, random: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random.randint(1, 8) if changed else 0):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def _shuffled(content: bytes, random: Random) -> bytes:
    lines = content.split(b"\n")
    random.shuffle(lines)
    return b"\n".join(lines)


SPOILS: Final[Mapping[str, Spoil]] = {
    "cut": _cut,
    "quote": _insert(b'"'),
    "NUL": _insert(b"\0"),
    "newline": _insert(b"\r\n"),
    "separators": _insert(b",,;;\t|"),
    "long field": _insert(b"x" * 200_000),
    "extra fields": _each_line(lambda line: line + b",x"),
    "fields missing": _each_line(lambda line: line.rpartition(b",")[0]),
    "rows repeated": _each_line(lambda line: line + b"\n" + line),
    "other encoding": _recoded,
    "other header": lambda content, _: content.replace(b"a", b"o", 3),
    "flipped bytes": _flipped,
    "shuffled": _shuffled,
    "header only": lambda content, _: content.partition(b"\n")[0] + b"\n",
    "empty": lambda _content, _: b"",
    "garbage": lambda _, random: random.randbytes(random.randint(1, 4_000)),
    "gzip": lambda content, _: gzip.compress(content, mtime=0),
    "gzip garbage": lambda _, random: b"\x1f\x8b\x08" + random.randbytes(random.randint(1, 4_000)),
    "zip garbage": lambda _, random: b"PK\x03\x04" + random.randbytes(random.randint(1, 4_000)),
}
KINDS: Final = ("honest", "honest", "honest", "repeated", "renamed", *SPOILS)
