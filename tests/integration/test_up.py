"""`throughcare up` with a real Prefect server: what an unpinned install breaks without a word."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.installation import Installation, eventually, is_free

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("server"), pytest.mark.timeout(280)]

AGENCY, FEED = "metro_probation", "metro_probation_supervision"


@pytest.fixture(scope="module")
def up() -> Iterator[Installation]:
    """Up, with one file that was dropped while it was down."""
    with tempfile.TemporaryDirectory(prefix="tc-") as folder:
        installation = Installation(Path(folder) / "home")
        installation.prepare()
        installation.drop(FEED, "supervision_20250601.csv", 50, seed=1)
        try:
            installation.start()
            yield installation
        finally:
            installation.kill()


def test_a_file_dropped_while_it_was_down_is_found(up: Installation) -> None:
    (receipt,) = eventually(lambda: up.receipts(AGENCY), "a receipt")
    assert (receipt["state"], receipt["received"], receipt["loaded"]) == ("loaded", 50, 50)
    assert any(run["state_type"] == "COMPLETED" for run in up.runs("sweep"))


def test_the_cron_deployments_yield_scheduled_runs(up: Installation) -> None:
    for flow in ("sweep", "link", "publish"):
        scheduled = eventually(
            lambda flow=flow: [run for run in up.runs(flow) if run["state_type"] == "SCHEDULED"],  # type: ignore[misc]
            f"a scheduled run of {flow}",
        )
        assert all(run["deployment_id"] and run["auto_scheduled"] for run in scheduled)


def test_a_dropped_file_gets_its_receipt_a_run_and_an_artifact(up: Installation) -> None:
    before, began = len(up.receipts(AGENCY)), time.monotonic()
    path = up.drop(FEED, "supervision_20250608.csv", 1_000, seed=2)
    receipts = eventually(lambda: up.receipts(AGENCY)[before:], "a receipt")
    seconds = time.monotonic() - began
    assert (receipts[0]["state"], receipts[0]["loaded"]) == ("loaded", 1_000)
    assert seconds < 15
    assert not path.exists()
    extract_id = receipts[0]["extract_id"]
    (artifact,) = eventually(
        lambda: up.api("/artifacts/filter", artifacts={"key": {"any_": [f"extract-{extract_id}"]}}), "an artifact"
    )
    assert f"| {extract_id} | {FEED} | loaded |" in artifact["data"]
    run = up.api("/flow_runs/filter", flow_runs={"id": {"any_": [artifact["flow_run_id"]]}})[0]
    assert run["parameters"] == {"extract_id": extract_id}


def test_the_landing_event_starts_an_ingest_run(up: Installation) -> None:
    up.drop(FEED, "supervision_20250615.csv", 10, seed=3)
    run = eventually(
        lambda: next((r for r in up.runs("ingest") if r["deployment_id"] and r["state_type"] == "COMPLETED"), None),
        "a run of the ingest deployment",
    )
    assert run["created_by"]["type"] == "AUTOMATION"
    assert isinstance(run["parameters"]["extract_id"], int)


def test_a_file_is_taken_while_the_server_is_away(up: Installation) -> None:
    assert up.process is not None
    server = next(one for one in up.family if "server" in one.cmdline())
    before = len(up.receipts(AGENCY))
    server.kill()
    up.drop(FEED, "supervision_20250622.csv", 600, seed=4)
    receipts = eventually(lambda: up.receipts(AGENCY)[before:], "a receipt")
    assert receipts[0]["state"] == "loaded"
    eventually(lambda: up.server is not None and up.server.is_healthy(), "the server's restart")


def test_it_stops_cleanly(up: Installation) -> None:
    assert up.process is not None
    assert up.server is not None
    assert up.stop() == 0, (up.home / "up.log").read_text()
    assert up.survivors() == []
    assert is_free(up.server.port)
    assert list((up.home / "run").glob("*.json")) == []
