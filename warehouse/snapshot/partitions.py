"""Immutable Parquet files, named by their content; a partition that an earlier publication wrote is used again."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import duckdb

from schemas.errors import StoreError

_PARQUET: Final = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 131072"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Partition:
    """One file: which table, of which extract (None: the whole table), and its SHA-256.

    ``origin`` is the SHA-256 of the delivered file that the rows came from, and when they were loaded: with the same
    extract and origin the rows are the same, for loaded rows never change; a warehouse that was set up anew and
    loads the same files has other surrogates.
    """

    table: str
    extract_id: int | None
    origin: str | None
    file: str
    sha256: str
    rows: int
    size_bytes: int


@dataclass(frozen=True)
class Manifest:
    """What a published version consists of."""

    project: str
    version: str
    published_at: str
    partitions: tuple[Partition, ...] = field(default=())

    def files(self, table: str) -> list[str]:
        """The files of a table, relative to the project's folder."""
        return [partition.file for partition in self.of(table)]

    def of(self, table: str) -> tuple[Partition, ...]:
        """The partitions of a table."""
        return tuple(partition for partition in self.partitions if partition.table == table)

    def to_json(self) -> str:
        """The manifest as a JSON text."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @staticmethod
    def from_json(text: str) -> "Manifest":
        """Read what `to_json` wrote."""
        raw = json.loads(text)
        return Manifest(**raw | {"partitions": tuple(Partition(**partition) for partition in raw["partitions"])})


def write(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    table: str,
    query: str,
    extract_id: int | None = None,
    origin: str | None = None,
) -> Partition:
    """Write the rows of a DuckDB query into ``<folder>/<table>/``; the name carries the digest of the file."""
    home = folder / table
    home.mkdir(parents=True, exist_ok=True)
    draft = home / f".{table}-{extract_id or 'whole'}.part"
    rows = connection.execute(f"COPY ({query}) TO '{_escaped(draft)}' ({_PARQUET})").fetchone()
    digest = sha256(draft)
    name = f"{f'extract-{extract_id:08d}-' if extract_id is not None else ''}{digest[:16]}.parquet"
    size = draft.stat().st_size
    draft.replace(home / name)
    return Partition(table, extract_id, origin, f"{table}/{name}", digest, rows[0] if rows else 0, size)


def reusable(before: Manifest | None, folder: Path) -> dict[tuple[str, int, str], Partition]:
    """(table, extract, origin) → the partition of an earlier publication whose file still stands as it was written."""
    partitions = before.partitions if before else ()
    return {
        (partition.table, partition.extract_id, partition.origin or ""): partition
        for partition in partitions
        if partition.extract_id is not None and _stands(folder / partition.file, partition.size_bytes)
    }


def verify(folder: Path, manifest: Manifest) -> list[str]:
    """The files of a manifest that are missing or have other content than was published."""
    return [partition.file for partition in manifest.partitions if not intact(folder, partition)]


def intact(folder: Path, partition: Partition) -> bool:
    """Whether the file of a partition stands and has the content that was published."""
    path = folder / partition.file
    return path.is_file() and sha256(path) == partition.sha256


def scan(folder: Path, files: list[str]) -> str:
    """A FROM item of the rows of Parquet files, by absolute path: readers may stand in any folder."""
    if not files:
        raise StoreError("snapshot: a table without a file")
    paths = ", ".join(f"'{_escaped((folder / file).resolve())}'" for file in files)
    return f"read_parquet([{paths}])"


def sha256(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _stands(path: Path, size_bytes: int) -> bool:
    return path.is_file() and path.stat().st_size == size_bytes


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
