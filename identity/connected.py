"""What pairs tie together, directly or through others."""

import numpy as np
import numpy.typing as npt
import polars as pl

from identity import encode

Places = npt.NDArray[np.int64]


def labels(count: int, one: Places, other: Places) -> Places:
    """The connected part of each of ``count`` nodes, as the lowest place in it."""
    label = np.arange(count)
    while True:
        left, right = label[one], label[other]
        apart = left != right
        if not apart.any():
            return label
        one, other, left, right = one[apart], other[apart], left[apart], right[apart]
        # Labels are tops: nothing stands above them but themselves. Of two the higher goes below the lower.
        np.minimum.at(label, np.maximum(left, right), np.minimum(left, right))
        _to_tops(label)


def _to_tops(label: Places) -> None:
    """Let each node have the label of what it hangs on in the end."""
    while True:
        above = label[label]
        if np.array_equal(above, label):
            return
        label[:] = above


def connected(ids: pl.Series, pairs: pl.DataFrame) -> pl.DataFrame:
    """``identity_id``, ``component_id``: the connected parts of a graph on ``ids``, each named after its lowest id.

    ``pairs``: ``left_id``, ``right_id``, all of them among the ids.
    """
    nodes = np.sort(ids.to_numpy())
    place = encode.Places(nodes)
    one, other = (place.of(pairs[name].to_numpy()) for name in ("left_id", "right_id"))
    parts = nodes[labels(len(nodes), one, other)]
    schema = {"identity_id": pl.Int64, "component_id": pl.Int64}
    return pl.DataFrame({"identity_id": nodes, "component_id": parts}, schema=schema)
