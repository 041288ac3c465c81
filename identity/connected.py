"""What pairs tie together, directly or through others."""

import numpy as np
import numpy.typing as npt
import polars as pl

Places = npt.NDArray[np.int64]


def labels(count: int, one: Places, other: Places) -> Places:
    """The connected part of each of ``count`` nodes, as the lowest place in it."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(count, count))
    found, labels = connected_components(graph, directed=False)
    first: Places = np.full(found, count)
    np.minimum.at(first, labels, np.arange(count))
    return np.asarray(first[labels])


def connected(ids: pl.Series, pairs: pl.DataFrame) -> pl.DataFrame:
    """``identity_id``, ``component_id``: the connected parts of a graph on ``ids``, each named after its lowest id.

    ``pairs``: ``left_id``, ``right_id``, all of them among the ids.
    """
    nodes = np.sort(ids.to_numpy())
    one, other = (np.searchsorted(nodes, pairs[name].to_numpy()) for name in ("left_id", "right_id"))
    parts = nodes[labels(len(nodes), one, other)]
    schema = {"identity_id": pl.Int64, "component_id": pl.Int64}
    return pl.DataFrame({"identity_id": nodes, "component_id": parts}, schema=schema)
