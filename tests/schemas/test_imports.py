"""Heavy libraries are imported where they are needed, not before."""

import subprocess
import sys

STATEMENT = """
import sys
import schemas.catalogue, schemas.coverage, schemas.delivery, schemas.dictionary, schemas.measures, schemas.rows
import schemas.data_docs, schemas.sheet
schemas.catalogue.feeds()
print(sorted({"great_expectations", "pandas", "pandera", "scipy", "sqlalchemy"} & set(sys.modules)))
"""


def test_reading_contracts_imports_no_heavy_library() -> None:
    run = subprocess.run([sys.executable, "-c", STATEMENT], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
