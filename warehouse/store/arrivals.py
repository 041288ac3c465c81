"""Who takes over which file from an intake folder: a lease with a fence, so that several watchers are safe."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, text

from warehouse.store.engine import LeaseLost, valueless


@dataclass(frozen=True)
class Arrivals:
    """The part of the ledger that says who takes a file over. ``token``: keyed hash of its place and identity."""

    engine: Engine

    @valueless
    def claim_arrival(self, agency: str, token: bytes | str, owner: str, lease_seconds: float) -> int | None:
        """The fence of a lease on the file; None where another process has it, or it is entered already."""
        values = {"agency": agency, "token": _text(token), "owner": owner, "seconds": lease_seconds}
        with self.engine.begin() as connection:
            fence = connection.scalar(text(_CLAIM), values)
        return None if fence is None else int(fence)

    @valueless
    def release_arrival(self, agency: str, token: bytes | str, fence: int) -> None:
        """Let the next look take the file at once; nothing happens where the lease is lost."""
        values = {"agency": agency, "token": _text(token), "fence": fence}
        with self.engine.begin() as connection:
            connection.execute(text(_RELEASE), values)

    @valueless
    def finish_arrival(self, agency: str, token: bytes | str, fence: int) -> None:
        """Say that the file is entered in the ledger: it is not taken again. `LeaseLost` where another has it."""
        values = {"agency": agency, "token": _text(token), "fence": fence}
        with self.engine.begin() as connection:
            if connection.scalar(text(_FINISH), values) is None:
                raise LeaseLost("an arrival: the lease is lost")

    @valueless
    def forget_arrivals(self, before: dt.datetime) -> int:
        """Drop what is known of files that were entered, or given up, before a time; how many those were."""
        with self.engine.begin() as connection:
            return connection.execute(text(_FORGET), {"before": before}).rowcount


def _text(token: bytes | str) -> str:
    return token if isinstance(token, str) else token.hex()


_CLAIM: Final = """
INSERT INTO ledger.arrival AS known (agency, token, owner, lease_until)
VALUES (:agency, :token, :owner, clock_timestamp() + :seconds * interval '1 second')
ON CONFLICT (agency, token) DO UPDATE
SET owner = excluded.owner, lease_until = excluded.lease_until, fence = known.fence + 1
WHERE known.finished_at IS NULL AND known.lease_until < clock_timestamp()
RETURNING fence
"""
_MINE: Final = "agency = :agency AND token = :token AND fence = :fence"
_RELEASE: Final = f"UPDATE ledger.arrival SET lease_until = clock_timestamp() WHERE {_MINE}"
_FINISH: Final = f"""
UPDATE ledger.arrival SET finished_at = coalesce(finished_at, clock_timestamp()) WHERE {_MINE} RETURNING fence
"""
_FORGET: Final = "DELETE FROM ledger.arrival WHERE coalesce(finished_at, lease_until) < :before"
"""A fence that was forgotten begins anew at 1: give a time before which no process can still be at work."""
