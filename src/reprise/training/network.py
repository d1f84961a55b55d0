"""A trained network again, from its run's spec and parameters."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from reprise.specs.runs import RunSpec
from reprise.training.program import skeleton


def network(spec: RunSpec, params: Mapping[str, np.ndarray]) -> nnx.Module:
    """The network of ``spec`` with trained ``params`` (one member's), ready to be called.

    Raises:
        ValueError: a parameter is missing, left over, or of another shape.
    """
    graph, shapes, fixed = skeleton(spec)
    left = dict(params)

    def stored(path: Any, value: jax.ShapeDtypeStruct) -> jax.Array:
        name = jax.tree_util.keystr(path, simple=True, separator=".")
        if name not in left:
            raise ValueError(f"no parameter {name!r} among {sorted(params)}")
        array = left.pop(name)
        if array.shape != value.shape:
            raise ValueError(f"{name} has shape {array.shape}, the network needs {value.shape}")
        return jnp.asarray(array, value.dtype)

    values = jax.tree_util.tree_map_with_path(stored, nnx.to_pure_dict(shapes))
    if left:
        raise ValueError(f"parameters that the network does not have: {sorted(left)}")
    nnx.replace_by_pure_dict(shapes, values)
    module: nnx.Module = nnx.merge(graph, shapes, fixed)
    return module
