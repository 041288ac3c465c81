"""What computes: results of other code, or of other versions of its libraries, are not used again."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import schemas
import warehouse

_LIBRARIES: Final = ("altair", "duckdb", "numpy", "polars", "scipy", "sqlglot", "statsmodels", "vl-convert-python")


@cache
def computed_by() -> str:
    """The digest of this package's code and of the versions of what it computes with."""
    digest = hashlib.sha256(" ".join(f"{library} {version(library)}" for library in _LIBRARIES).encode())
    for package in (schemas, warehouse):
        for home in package.__path__:
            for path in sorted(Path(home).rglob("*.py")):
                digest.update(path.read_bytes())
    return digest.hexdigest()
