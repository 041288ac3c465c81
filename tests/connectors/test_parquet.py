"""Parquet: every cell as text, read by a child process that may fail without harm."""

import datetime as dt
import io
import subprocess
from decimal import Decimal

import pyarrow as pa
import pytest
from pyarrow import parquet

from connectors.readers import child, read, read_batches
from connectors.readers import parquet as reader
from connectors.readers.batches import together
from schemas.errors import DeliveryRefused
from schemas.formats import Gzip, Parquet, Zip
from tests.connectors.formats import packed


def written(table: pa.Table, **options: object) -> bytes:
    out = io.BytesIO()
    parquet.write_table(table, out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def refusal(content: bytes, format: Parquet | Gzip | Zip | None = None) -> str:
    with pytest.raises(DeliveryRefused) as refused:
        read(content, format or Parquet())
    assert refused.value.__context__ is None
    return refused.value.code


DAY = dt.datetime(2024, 2, 29)
COLUMNS: dict[str, tuple[pa.Array, list[str | None]]] = {  # type: ignore[type-arg]
    "text": (pa.array(["007", None, "é", ""]), ["007", None, "é", None]),
    "category": (pa.array(["a", "b", "a", None]).dictionary_encode(), ["a", "b", "a", None]),
    "integer": (pa.array([7, None, -1, 2**63 - 1]), ["7", None, "-1", "9223372036854775807"]),
    "unsigned": (pa.array([0, 1, 2, 2**64 - 1], pa.uint64()), ["0", "1", "2", "18446744073709551615"]),
    "float": (pa.array([7.0, 7.5, 1e20, 123456789012345.6]), ["7", "7.5", "1e+20", "123456789012345.6"]),
    "single": (pa.array([0.1, 1e10, -0.0, None], pa.float32()), ["0.1", "10000000000", "0", None]),
    "decimal": (
        pa.array([Decimal("1.50"), Decimal("-0.01"), Decimal("0"), None], pa.decimal128(38, 20)),
        ["1.50000000000000000000", "-0.01000000000000000000", "0.00000000000000000000", None],
    ),
    "truth": (pa.array([True, False, None, True]), ["TRUE", "FALSE", None, "TRUE"]),
    "date": (pa.array([dt.date(2024, 2, 29), dt.date(1900, 1, 1), None, dt.date(2262, 5, 1)]),
             ["2024-02-29", "1900-01-01", None, "2262-05-01"]),
    "moment": (
        pa.array([DAY, DAY.replace(hour=13, minute=5), DAY.replace(microsecond=250000), None]),
        ["2024-02-29", "2024-02-29 13:05:00", "2024-02-29 00:00:00.25", None],
    ),
    "zoned": (
        pa.array([DAY] * 4, pa.timestamp("us", "America/New_York")),
        ["2024-02-28 19:00:00-0500"] * 4,
    ),
    "time": (pa.array([dt.time(13, 5), dt.time(0, 0, 1, 500000), None, dt.time(0)]),
             ["13:05:00", "00:00:01.5", None, "00:00:00"]),
    "nothing": (pa.nulls(4), [None] * 4),
}  # fmt: skip


def test_every_cell_is_text() -> None:
    content = written(pa.table({name: array for name, (array, _) in COLUMNS.items()}))
    table = read(content, Parquet())
    expected = {"row_number": [1, 2, 3, 4], **{name: cells for name, (_, cells) in COLUMNS.items()}}
    assert table.rows.to_dict(as_series=False) == expected
    assert (table.faults.height, table.received) == (0, 4)


def test_a_long_file_comes_in_batches_whose_row_numbers_go_on() -> None:
    content = written(pa.table({"a": range(120_000)}), row_group_size=7_000)
    tables = list(read_batches([content], Parquet(), (), 100_000))
    assert len(tables) > 2
    whole = together(tables)
    assert whole.rows.rows() == [(number + 1, str(number)) for number in range(120_000)]


def test_a_copy_that_is_packed_anew_has_the_same_digest() -> None:
    table = pa.table({"a": ["x", None, ""], "b": [1, 2, 3]})
    copies = [(written(table, compression=name), Parquet()) for name in ("snappy", "zstd")]
    copies += [(written(table, row_group_size=1), Parquet()), (packed("a", written(table)), Zip("a", Parquet()))]  # type: ignore[list-item]
    digests = set()
    for content, format in copies:
        batches = read_batches([content], format, (), 1)
        together(batches)
        digests.add(batches.digest)
    other = read_batches([written(pa.table({"a": ["x", "", None], "b": [1, 2, 3]}))], Parquet())
    together(other)
    assert len(digests) == 1
    assert other.digest not in {None, *digests}


def test_no_rows_are_an_empty_table() -> None:
    (table,) = read_batches([written(pa.table({"a": pa.array([], pa.int64())}))], Parquet())
    assert (table.rows.columns, table.received) == (["row_number", "a"], 0)


def test_a_text_with_a_nul_is_a_fault_of_its_row() -> None:
    table = read(written(pa.table({"a": ["x", "y\0", None]})), Parquet())
    assert table.faults.rows() == [(2, None, "nul_byte")]
    assert (table.rows.rows(), table.received) == ([(1, "x"), (3, None)], 3)


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (pa.table({"a": [[1]]}), "unsupported_column"),
        (pa.table({"a": [{"b": 1}]}), "unsupported_column"),
        (pa.table({"a": [b"x"]}), "unsupported_column"),
        (pa.table({"a": [dt.timedelta(1)]}), "unsupported_column"),
        (pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), "repeated_header"),
        (pa.table({"row_number": [1]}), "repeated_header"),
        (pa.table({f"c{number}": [1] for number in range(10_001)}), "too_many_columns"),
        (pa.table({"a": pa.nulls(30_000_000)}), "parquet_too_large"),
        (pa.table({"a": pa.array(["x" * 1_000_000] * 3_000).dictionary_encode()}), "parquet_too_large"),
    ],
)
def test_a_file_that_is_no_table_of_plain_cells_is_refused(table: pa.Table, code: str) -> None:
    assert refusal(written(table)) == code


def test_bytes_that_are_no_text_are_refused() -> None:
    content = written(pa.table({"a": ["xyzxyz"]}), use_dictionary=False, compression="none", write_statistics=False)
    assert refusal(content.replace(b"xyzxyz", b"xyz\xff\xff\xff")) == "bad_encoding"


def test_what_is_no_parquet_file_is_refused() -> None:
    sound = written(pa.table({"a": [1]}))
    assert refusal(b"") == "empty_file"
    for content in (b"PAR1", b"a,b\n1,2\n", sound[:-1], sound[:50]):
        assert refusal(content) == "bad_parquet"


def test_a_child_at_its_limits_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    content = written(pa.table({"a": [1]}))
    with monkeypatch.context() as patched:
        patched.setattr(reader, "WALL_SECONDS", 0.001)
        assert refusal(content) == "parquet_too_large"
    monkeypatch.setattr(child, "MEMORY_BYTES", 400 << 20)
    strings = pa.table({"a": pa.array(["x" * 10_000] * 50_000).dictionary_encode()})
    assert refusal(written(strings)) == "parquet_too_large"


def test_a_count_that_the_footer_does_not_confirm_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_gathered", lambda *_: iter([pa.table({"a": ["1"]})]))
    assert refusal(written(pa.table({"a": [1, 2]}))) == "count_mismatch"


def test_a_reader_that_stops_leaves_no_child_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = child.start

    def noted(command: list[str]) -> subprocess.Popen[bytes]:
        started.append(start(command))
        return started[-1]

    monkeypatch.setattr(child, "start", noted)
    batches = read_batches([written(pa.table({"a": range(400_000)}))], Parquet(), (), 1)
    next(batches)
    assert started[0].poll() is None
    del batches
    assert started[0].poll() is not None
