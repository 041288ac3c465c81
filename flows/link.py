"""Links loaded records to persons and applies the batches to the warehouse, each exactly once."""

from typing import TYPE_CHECKING

from flows.expunge import carry_out
from flows.stores import Stores
from schemas.failpoint import reach

if TYPE_CHECKING:
    from identity.link import LinkBatch
    from identity.rehearsal import Scorer


def link(stores: Stores, *, scorer: "Scorer | None" = None, anew: bool = False) -> dict[str, int] | None:
    """Apply batches that were left unapplied, then link what has been loaded since; counts, None if nothing new.

    ``anew`` links everything again, on what the ``scorer`` says. Orders to expunge are carried out before.
    """
    from identity.link import is_due
    from identity.link import link as link_new

    carry_out(stores)
    project = stores.project
    for left in stores.vault.pending_batches():
        _apply(stores, left)
    if not stores.ledger.unlinked_extracts() and not is_due(stores.vault, project) and not anew:
        return None
    new = link_new(stores.vault, stores.ledger.loaded_extracts(), project, scorer=scorer, anew=anew)
    return None if new is None else _apply(stores, new)


def _apply(stores: Stores, batch: "LinkBatch") -> dict[str, int]:
    """Apply a batch to the warehouse, tell the vault, count what it says."""
    import polars as pl

    from warehouse.store.links import apply

    reach("link.journalled")
    apply(
        stores.warehouse, batch.batch_id, batch.rows, batch.model_version, batch.extracts,
        strict=batch.strict, moves=batch.moves, quality=batch.quality, key_version=batch.key_version,
    )  # fmt: skip
    reach("link.applied")
    stores.vault.applied(batch.batch_id)
    rows = pl.DataFrame(pl.from_arrow(batch.rows))
    by_status = rows["status"].value_counts().sort("status")
    return {
        "subjects": rows.height,
        "persons": rows["participant_key"].drop_nulls().n_unique(),
        **dict(by_status.iter_rows()),
        "merges": batch.merges,
        "splits": batch.splits,
    }
