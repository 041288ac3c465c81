"""Links loaded records to persons and applies the batches to the warehouse, each exactly once."""

from flows.stores import Stores


def link(stores: Stores) -> dict[str, int] | None:
    """Apply batches that were left unapplied, then link what has been loaded since; counts, None if nothing new."""
    from identity.keys import ProjectKey
    from identity.link import link as link_new

    settings = stores.settings
    for batch in stores.vault.pending_batches():
        _apply(stores, batch)
    fresh = stores.ledger.unlinked_extracts()
    if not fresh:
        return None
    batch = link_new(
        stores.vault,
        stores.ledger.loaded_extracts(),
        ProjectKey.from_master(settings.master(), settings.project, settings.project_version),
    )
    return None if batch is None else _apply(stores, batch)
