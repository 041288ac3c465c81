"""Files as no contract wants them, from the intake to the receipt."""

import os
from collections.abc import Callable

import polars as pl
import pytest
import sqlalchemy as sa

from flows.deliveries import accept, refuse
from flows.stores import Stores
from tests.faults.conftest import empty, files_of
from tests.faults.fault import withstands
from tests.faults.steps import NAME, check, csv, current, put, spans, take, taken
from tests.flows.conftest import content, deliver
from warehouse.store.digest import logical_digest


@withstands("plain CSV cut in the middle of a row", "the cut row is rejected, the others stand", "CT", "cut")
def test_a_file_cut_in_the_middle_of_a_row_loses_no_row_silently(stores: Stores) -> None:
    lines = csv().splitlines(keepends=True)
    put(stores, NAME, b"".join(lines[:-1]) + lines[-1][:20])
    (receipt,) = take(stores)
    assert (receipt.received, receipt.loaded, receipt.rejected) == (20, 19, 1)


@withstands("one extra field on each row", "every row is rejected, no column shifts", "CAT", "fields")
def test_an_extra_field_on_each_row_shifts_no_column(stores: Stores) -> None:
    head, *rows = csv().splitlines()
    put(stores, NAME, b"\n".join([head, *(row + b",x" for row in rows)]) + b"\n")
    (receipt,) = take(stores)
    assert (receipt.state, receipt.received, receipt.loaded) == ("held", 20, 0)
    assert spans(stores) == 0


@withstands("unclosed quote", "refused whole", "CAT", "quote")
def test_an_unclosed_quote_swallows_no_rows(stores: Stores) -> None:
    lines = csv().splitlines(keepends=True)
    put(stores, NAME, b"".join(lines[:5]) + b'"' + b"".join(lines[5:]))
    (receipt,) = take(stores)
    assert receipt.state == "refused"
    assert receipt.code in {"unclosed_quote", "stray_quote"}
    assert spans(stores) == 0


NAMELESS = ["None", "NULL", "NA", "nan", "True"]


def vault_texts(stores: Stores) -> tuple[list[bytes], str]:
    """What the blobs of the vault hold, and what of it the linker compares."""
    from identity import opened
    from identity.linkstore import LinkStore

    with stores.vault.transaction() as cursor:
        store = LinkStore(cursor, stores.vault.keys)
        cursor.execute("SELECT identity_id FROM record")
        identities = pl.Series([row[0] for row in cursor.fetchall()], dtype=pl.Int64)
        texts = opened.read(cursor, stores.vault.keys, identities)["text"].to_list()
        return [text.encode() for text in texts], str(store.standard(identities).rows())


def deliver_nameless(stores: Stores) -> None:
    cells = content(size=5).with_columns(
        pl.Series("Last Name", NAMELESS), pl.Series("Zip", ["00501"] * 5), pl.Series("SSN Last 4", ["0007"] * 5),
        pl.Series("Probationer ID", ["1", "01", "001", "0001", "00001"]),
    )  # fmt: skip
    deliver(stores.settings, NAME, cells)
    (receipt,) = take(stores)
    assert receipt.loaded == 5


@withstands("surnames None, NULL, NA; ids with leading zeros", "kept as text; five people stay five", "C", "nothing")
def test_names_that_look_like_nothing_and_leading_zeros_reach_the_vault(stores: Stores) -> None:
    from flows.link import link

    deliver_nameless(stores)
    blobs, _ = vault_texts(stores)
    for name in NAMELESS:
        assert sum(f"surname={name}\x1f".encode() in blob + b"\x1f" for blob in blobs) == 1
    assert all(b"zip=00501" in blob and b"ssn_last4=0007" in blob for blob in blobs)
    link(stores)
    with stores.warehouse.connect() as connection:
        linked = connection.scalar(sa.text("SELECT count(DISTINCT participant_key) FROM timeline.link"))
    assert linked == 5


@withstands("a surname None", "compared as a name", "C", "nothing")
def test_every_name_that_looks_like_nothing_is_compared(stores: Stores) -> None:
    deliver_nameless(stores)
    _, compared = vault_texts(stores)
    assert all(f"'{name.casefold()}'" in compared for name in NAMELESS)


@withstands("duplicate, replay, renamed copy", "receipt says duplicate, 0 rows", "IC", "duplicate")
def test_a_replay_and_a_renamed_copy_are_duplicates(stores: Stores) -> None:
    put(stores, NAME, csv())
    take(stores)
    before = logical_digest(stores.warehouse)
    put(stores, NAME, csv())
    put(stores, "supervision_20250608.csv", csv())
    receipts = take(stores)
    assert [(one.state, one.loaded, one.duplicate) for one in receipts] == [("duplicate", 0, 20)] * 2
    assert logical_digest(stores.warehouse) == before
    assert spans(stores) == 20


VERSIONS = (csv(20, seed=1), csv(16, seed=9))
OF_DAYS = ("supervision_20250601.csv", "supervision_20250608.csv")


@withstands("same name, new content, same day", "held until a person accepts it; then it supersedes", "CAT", "version")
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_new_content_of_the_same_day_waits_for_a_person(order: tuple[int, int], stores: Stores) -> None:
    first = taken(stores, NAME, VERSIONS[order[0]])
    held = taken(stores, NAME, VERSIONS[order[1]])
    assert (held.state, held.code, held.supersedes) == ("held", "same_day", first.extract_id)
    assert spans(stores) == first.received
    (accepted,) = accept(stores, held.extract_id, "the first was sent by mistake")
    check(stores)
    assert (accepted.state, accepted.supersedes) == ("loaded", first.extract_id)
    assert (spans(stores), current(stores)) == (first.received + held.received, held.received)


@withstands("the same bytes again while they are held", "asked about once; they end together", "CIT", "duplicate")
@pytest.mark.parametrize(("decide", "ends"), [(accept, ["loaded", "duplicate"]), (refuse, ["refused", "refused"])])
def test_what_waits_already_is_asked_about_once(
    decide: Callable[[Stores, int, str], object], ends: list[str], stores: Stores
) -> None:
    taken(stores, NAME, csv())
    for _ in range(2):
        assert taken(stores, NAME, csv(15, seed=2)).state == "held"
    (held,) = stores.ledger.held()
    decide(stores, held.extract_id, "somebody asked the agency")
    check(stores)
    assert stores.ledger.held() == ()
    assert [one.state for one in stores.ledger.extracts()] == ["loaded", *ends]


@withstands(
    "bytes that are held come again under the name of another day",
    "loaded for that day; the held delivery is their copy", "CIT", "duplicate",
)  # fmt: skip
def test_held_bytes_that_pass_for_another_day_are_loaded_once_and_wait_no_more(stores: Stores) -> None:
    first, second = OF_DAYS
    taken(stores, first, csv())
    assert taken(stores, first, csv(15, seed=2)).state == "held"
    put(stores, second, csv(15, seed=2))
    assert {receipt.state for receipt in take(stores)} == {"loaded", "duplicate"}
    check(stores)
    assert stores.ledger.held() == ()
    assert [one.state for one in stores.ledger.extracts()] == ["loaded", "duplicate", "loaded"]
    assert current(stores) == 15


@withstands("new content of a later day, in any order of arrival", "the later day is current", "COT", "version")
def test_of_two_days_the_later_is_current_in_whatever_order_they_came(stores: Stores) -> None:
    digests = set()
    for order in ((0, 1), (1, 0)):
        empty(stores)
        for which in order:
            assert taken(stores, OF_DAYS[which], VERSIONS[which]).state == "loaded"
        assert current(stores) == 16
        digests.add(logical_digest(stores.warehouse))
    assert len(digests) == 1


@withstands("equal mtimes, clock a day off", "no file missed", "T", "clock")
def test_files_of_one_moment_and_of_tomorrow_are_all_taken(stores: Stores) -> None:
    for number, seed in enumerate((1, 2, 3, 4)):
        path = deliver(stores.settings, f"supervision_2025060{number + 1}.csv", content(seed=seed))
        os.utime(path, (4e9, 4e9) if number == 3 else (1e9, 1e9))
    assert [one.state for one in take(stores)] == ["loaded"] * 4
    assert files_of(stores) == []
