"""What pairs tie together, directly or through others."""

import numpy as np
import polars as pl


def connected(ids: pl.Series, pairs: pl.DataFrame) -> pl.DataFrame:
    """``identity_id``, ``component_id``: the connected parts of a graph on ``ids``, each named after its lowest id.

    ``pairs``: ``left_id``, ``right_id``, all of them among the ids.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    nodes = np.sort(ids.to_numpy())
    one, other = (np.searchsorted(nodes, pairs[name].to_numpy()) for name in ("left_id", "right_id"))
    graph = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(len(nodes), len(nodes)))
    _, label = connected_components(graph, directed=False)
    _, first = np.unique(label, return_index=True)
    schema = {"identity_id": pl.Int64, "component_id": pl.Int64}
    return pl.DataFrame({"identity_id": nodes, "component_id": nodes[first[label]]}, schema=schema)
