"""JSON lines: every value as it was written, every line in a row or a fault."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.readers import json_structure, read, read_batches
from connectors.readers.batches import together
from connectors.readers.json_objects import read_object
from schemas.errors import DeliveryRefused
from schemas.formats import JsonLines
from schemas.table import RawTable

PLAIN = JsonLines(null=())


def table(text: str, columns: tuple[str, ...] = ()) -> RawTable:
    return read(text.encode(), PLAIN, columns)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("1.0", "1.0"), ("1.50", "1.50"), ("-0", "-0"), ("1E5", "1E5"), ("1e-7", "1e-7"), ("0", "0"),
        ("123456789012345678901234567890", "123456789012345678901234567890"), ("true", "true"), ("false", "false"),
        ("null", None), ('"null"', "null"), ('"007"', "007"), ('""', ""), ('" x "', " x "),
        ('"a, b: {c} [d]"', "a, b: {c} [d]"),
        (r'"say \"hi\""', 'say "hi"'), (r'"\\"', "\\"), (r'"Jos\u00e9"', "José"), (r'"\ud83d\ude00"', "😀"),
        ('"José"', "José"),
        (r'"a\/b\nc"', "a/b\nc"), ('"NaN"', "NaN"),
    ],
)  # fmt: skip
def test_values_are_what_the_agency_wrote(value: str, cell: str | None) -> None:
    for text in (f'{{"a":{value}}}\n', f'{{ "a" : {value} }}', f'{{"b":1,"a":{value},"c":"x"}}\r\n'):
        found = table(text)
        assert (found.rows["a"].to_list(), found.received) == ([cell], 1)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ('{"a":007}', "bad_json"), ('{"a":+1}', "bad_json"), ('{"a":.5}', "bad_json"), ('{"a":NaN}', "bad_json"),
        ('{"a":1', "bad_json"), ('{"a"}', "bad_json"), ('{"a":}', "bad_json"), ('{"a":1,}', "bad_json"),
        ("{", "bad_json"),
        ('{"a":"x}', "bad_json"), ('{"a":"x" "y"}', "bad_json"), ('{"a":1}{"a":2}', "bad_json"), ("{a:1}", "bad_json"),
        ('{"a":"tab\there"}', "bad_json"), (r'{"a":"\x"}', "bad_json"), ('{"a":True}', "bad_json"), ("", "bad_json"),
        ("[1]", "bad_json"), ("7", "bad_json"), ('"a"', "bad_json"), ("null", "bad_json"), ("[" * 5000, "bad_json"),
        ('{"a":{"b":1}}', "nested_value"), ('{"a":[]}', "nested_value"), ('{"a":1,"a":1}', "repeated_key"),
        ('{"a":1,"b":2,"a":3}', "repeated_key"), (r'{"\u0061":1,"a":2}', "repeated_key"),
        (r'{"a":"\u0000"}', "nul_byte"), ('{"a":"\0"}', "nul_byte"), (r'{"a":"\ud800"}', "bad_encoding"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_flat_object_is_a_fault_of_its_row(line: str, rule: str) -> None:
    found = table(f'{{"a":1}}\n{line}\n{{"a":2}}\n')
    assert found.faults.rows() == [(2, None, rule)]
    assert found.rows.rows() == [(1, "1"), (3, "2")]
    assert found.received == 3


def test_bytes_that_are_no_text_are_a_fault_of_their_row() -> None:
    found = read(b'{"a":"\xff"}\n{"a":"\xc3\xa9"}\n', PLAIN)
    assert (found.faults.rows(), found.rows.rows()) == ([(1, None, "bad_encoding")], [(2, "é")])
    assert read('{"a":"é"}\n'.encode("cp1252"), JsonLines("cp1252")).rows.rows() == [(1, "é")]
    assert read('{"a":"é"}\n'.encode("utf-16"), JsonLines("utf-16")).rows.rows() == [(1, "é")]


def test_a_missing_key_is_empty_and_an_unknown_one_is_seen() -> None:
    found = table('{"a":1}\n{"b":2,"x":3}\n{}\n', ("a", "b", "c"))
    assert found.rows.to_dict(as_series=False) == {
        "row_number": [1, 2, 3], "a": ["1", None, None], "b": [None, "2", None], "x": [None, "3", None],
        "c": [None] * 3,
    }  # fmt: skip


def test_empty_texts_are_what_the_format_says() -> None:
    rows = read(b'{"a":"","b":"NULL"}\n{"a":"x","b":null}\n', JsonLines(null=("", "NULL"))).rows
    assert rows.rows() == [(1, None, None), (2, "x", None)]


def test_keys_are_what_they_are() -> None:
    for text in ('{"":"x","*":"y","^a$":"","column_0":1}\n', '{"":"x","*":"y","^a$":"","column_0":1}\n{"a":"\\n"}\n'):
        found = read(text.encode(), JsonLines()).rows
        assert found.columns[:5] == ["row_number", "", "*", "^a$", "column_0"]
        assert found.row(0)[:5] == (1, "x", "y", None, "1")


def test_keys_in_any_order_and_of_many_kinds_are_the_same_table() -> None:
    lines = [{f"k{(number + place) % 30}": f"{number}.{place}" for place in range(5)} for number in range(200)]
    found = table("".join(json.dumps(line) + "\n" for line in lines))
    expected = [{f"k{key}": line.get(f"k{key}") for key in range(30)} for line in lines]
    assert found.rows.select(sorted(expected[0])).to_dicts() == [dict(sorted(line.items())) for line in expected]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty_file"),
        ("\n\n", "empty_file"),
        ('{"row_number":1}\n', "repeated_header"),
        ("".join(f'{{"k{number}":1}}\n' for number in range(2000)), "too_many_columns"),
        ("".join(f'{{"k{number}":1}}\n' for number in range(11_000)), "too_many_columns"),
    ],
)
def test_a_file_that_is_no_table_is_refused(text: str, code: str) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        table(text)
    assert refused.value.code == code


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
LINES = st.one_of(
    st.dictionaries(st.sampled_from(["a", "b", "é", 'q"', ""]), JSON, max_size=4).map(json.dumps),
    st.dictionaries(st.sampled_from(["a", "b", "c"]), JSON, max_size=4).map(
        lambda o: json.dumps(o, ensure_ascii=False)
    ),
    st.text(st.sampled_from('{}[]:,"\\ \t0123.eE-+ab'), max_size=12),
    st.lists(
        st.sampled_from(['"a"', '"b"', ":", ",", "{", "}", "1", "0", "-", ".5", " ", "null", "[", "]"]), max_size=12
    ).map("".join),
)


@given(lines=st.lists(LINES, min_size=1, max_size=6), batch_bytes=st.sampled_from([1, 40, 10_000]))
@settings(max_examples=400, deadline=None)
@example(lines=['{"a":1,"b":2}', '{"b":2,"a":1}', '{"a":1 ,"b":"x" }', '{"a"1:,"b":2}'], batch_bytes=10_000)
def test_many_lines_at_once_are_what_the_standard_library_reads_one_by_one(lines: list[str], batch_bytes: int) -> None:
    lines = [line.replace("\n", "").replace("\0", "") or "{}" for line in lines]
    found = together(read_batches(["\n".join(lines).encode("utf-8", "replace")], PLAIN, ("a",), batch_bytes))
    single = {number: read_object(line.encode("utf-8", "replace")) for number, line in enumerate(lines, start=1)}
    rows = {number: row for number, row in single.items() if isinstance(row, dict)}
    assert found.rows["row_number"].to_list() == list(rows)
    for cells in found.rows.to_dicts():
        row = rows[cells.pop("row_number")]
        assert {key: cell for key, cell in cells.items() if cell is not None} == {
            key: cell for key, cell in row.items() if cell is not None
        }
    faults = {number: rule for number, rule in single.items() if isinstance(rule, str)}
    assert {number: rule for number, _, rule in found.faults.rows()} == faults


def test_blocks_join_wherever_they_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(f'{{"a": {number}, "b": "{"x" * (number % 7)}"}}\n' for number in range(50)) + '{"c":1}\n{"a":[]}'
    whole = table(text)
    for size in range(1, 200, 13):
        monkeypatch.setattr(json_structure, "_TOGETHER", size)
        part = table(text)
        assert part.rows.equals(whole.rows)
        assert part.faults.equals(whole.faults)
