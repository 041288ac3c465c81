"""``python -m bench.city --people 400 --out DIR --seed 1``, or ``--court-rows 1000000`` for one large file."""

import argparse
import json
from pathlib import Path

from bench.city.city import write_city
from bench.city.court_file import court_file


def main() -> None:
    """Write a city, or one court file, and print what was written as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.city", description=__doc__)
    parser.add_argument("--people", type=int, default=400)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--court-rows", type=int, help="write only <out>/metro_court/charges_20250630.txt, so long")
    options = parser.parse_args()
    if options.court_rows:
        size = court_file(options.court_rows, options.out / "metro_court" / "charges_20250630.txt", options.seed)
        print(json.dumps({"rows": options.court_rows, "bytes": size}))
        return
    truth = write_city(options.people, options.seed, options.out)
    counts = {"people": len(truth.persons), "rows": len(truth.rows), "planted_errors": len(truth.errors)}
    print(json.dumps({**counts, "duplicates": len(truth.duplicates)}))


if __name__ == "__main__":
    main()
