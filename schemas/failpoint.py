"""Named moments of the real code at which a test lets the process die, sleep, or be overtaken.

Between two of them something was made durable and something else not yet: they are the places where a crash could
lose a file or double it. In production nobody listens and `reach` does nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

Action = Callable[[str], None]


@dataclass(frozen=True)
class Between:
    """What has happened when a failpoint is reached, and what comes next.

    ``inside``: a transaction is open there, whose locks nobody else can have meanwhile.
    """

    done: str
    next: str
    inside: bool = False


FAILPOINTS: Final[Mapping[str, Between]] = MappingProxyType({
    "arrival.claimed": Between("an arrival is leased in the ledger", "the file is moved out of everybody's reach"),
    "arrival.taken": Between("the file stands in a hidden folder", "its content is stored"),
    "landing.written": Between("sealed content is on the disk, aside", "its name and manifest get their places"),
    "landing.belongings": Between("name and manifest are in their places", "the content gets its place"),
    "landing.stored": Between("the content is in its place", "it is compared with what stands in the intake"),
    "arrival.stored": Between("the content is stored", "the delivery is entered in the ledger"),
    "arrival.entered": Between("a feed's extract is entered", "those of the file's other feeds, or its removal"),
    "arrival.removed": Between("the file is gone from the intake", "the lease on the arrival ends"),
    "extract.claimed": Between("an extract is leased to this worker", "its work begins"),
    "extract.open": Between("the lease is counted as an attempt", "the stored file is opened"),
    "extract.read": Between("the manifest is accepted", "the rows are read and judged"),
    "extract.delivery": Between("all rows are judged", "the delivery is judged"),
    "extract.judged": Between("the delivery is judged", "its state is decided and stored"),
    "quarantine.adopted": Between("the bytes are in the quarantine too", "the ledger says that it is given up"),
    "extract.load": Between("the receipt is made", "vault and warehouse are written"),
    "split.batch": Between("a batch of identifiers is queued for the vault", "its content is loaded", inside=True),
    "split.staged": Between("the vault has committed the staging", "the warehouse goes on", inside=True),
    "load.copied": Between("the moments of a batch are copied", "the next batch, or the rejections", inside=True),
    "load.finishing": Between("all rows are copied", "the extract is entered as loaded", inside=True),
    "load.finished": Between("the ledger says loaded, uncommitted", "COMMIT", inside=True),
    "load.committed": Between("the warehouse has committed", "the worker goes on"),
    "extract.confirm": Between("the warehouse has the extract", "the vault confirms the staging"),
    "extract.confirmed": Between("the vault has confirmed", "the receipt is written"),
    "extract.receipt": Between("the ledger has the end and the receipt", "the receipt's files are written"),
    "receipt.written": Between("one file of a receipt is written", "its other files"),
    "receipt.stated": Between("the ledger has the receipt of a repetition", "its files are written"),
    "sweep.confirmed": Between("one staging is confirmed", "the next"),
    "sweep.discarded": Between("one staging is discarded", "the next"),
    "retention.removed": Between("expired bytes are erased", "the ledger says so"),
    "expunge.noted": Between("whom the covered rows tell of is noted", "the rows are removed"),
    "expunge.rows": Between("the rows are out of the warehouse", "the files that hold them are erased"),
    "expunge.marked": Between("the ledger calls the files erased", "they are"),
    "expunge.files": Between("the files are erased", "the vault forgets"),
    "expunge.vault": Between("the vault has forgotten", "the warehouse forgets who was linked to whom"),
    "expunge.forgotten": Between("nothing is left in the tables", "they are written anew"),
    "link.journalled": Between("the vault has the batch", "the warehouse applies it"),
    "link.applied": Between("the warehouse has the batch", "the vault says so"),
    "publish.written": Between("the snapshot's partitions are written", "it becomes the current one"),
    "publish.swapped": Between("the snapshot is the current one", "the report is written"),
})  # fmt: skip
"""All there are; `reach` takes no other."""

_action: ContextVar[Action | None] = ContextVar("failpoint", default=None)


def reach(name: str) -> None:
    """Tell whoever listens in this context that the failpoint is reached; `LookupError` where there is none such."""
    action = _action.get()
    if action is not None:
        FAILPOINTS[name]
        action(name)


@contextmanager
def armed(action: Action) -> Iterator[None]:
    """Let ``action`` be called at each failpoint that is reached inside; what it raises leaves through the code."""
    token = _action.set(action)
    try:
        yield
    finally:
        _action.reset(token)
