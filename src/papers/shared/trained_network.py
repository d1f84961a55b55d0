"""A trained network again, from its run's spec and parameters: what tables evaluate."""

import importlib
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from reprise.specs.runs import RunSpec


def network(spec: RunSpec, params: Mapping[str, np.ndarray]) -> nnx.Module:
    """The network of ``spec`` with trained ``params`` (one member's), ready to be called.

    Raises:
        ValueError: a parameter is missing, left over, or of another shape.
    """
    model: Any = importlib.import_module(spec.model.module)
    fresh = model.build(spec.model, spec.task, jax.random.key(0), jnp.dtype(spec.dtype))
    parts: tuple[Any, ...] = nnx.split(fresh, nnx.Param, ...)
    graph, drawn, fixed = parts
    left = dict(params)

    def stored(path: Any, value: jax.Array) -> jax.Array:
        name = jax.tree_util.keystr(path, simple=True, separator=".")
        if name not in left:
            raise ValueError(f"no parameter {name!r} among {sorted(params)}")
        array = left.pop(name)
        if array.shape != value.shape:
            raise ValueError(f"{name} has shape {array.shape}, the network needs {value.shape}")
        return jnp.asarray(array, value.dtype)

    values = jax.tree_util.tree_map_with_path(stored, nnx.to_pure_dict(drawn))
    if left:
        raise ValueError(f"parameters that the network does not have: {sorted(left)}")
    nnx.replace_by_pure_dict(drawn, values)
    module: nnx.Module = nnx.merge(graph, drawn, fixed)
    return module
