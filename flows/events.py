"""The landing event: a hint that an extract waits, posted and checked, never the only way to be noticed."""

import datetime as dt
import uuid
from typing import Final

from flows.server import Server
from warehouse.store.extract import Extract

LANDED: Final = "throughcare.extract.landed"
_NAMESPACE: Final = uuid.UUID("5f6f1c62-8d0f-5a0c-9a54-8a3f0b6c2d11")


def announce(server: Server, extract: Extract) -> None:
    """Post the landing event; posting it again is the same event. `StoreError` where the server is away."""
    event_id = uuid.uuid5(_NAMESPACE, f"{extract.digest} {extract.extract_id}")
    event = {
        "id": str(event_id),
        "event": LANDED,
        "occurred": dt.datetime.now(dt.UTC).isoformat(),
        "resource": {
            "prefect.resource.id": f"throughcare.extract.{extract.extract_id}",
            "prefect.resource.name": f"extract {extract.extract_id}",
        },
        "payload": {"extract_id": extract.extract_id},
        "related": [],
    }
    server.request("POST", "/events", [event])
