"""A trained network again, from its run's spec and parameters: what tables evaluate."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
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


def in_batches(
    function: Callable[..., Any],
    module: nnx.Module,
    inputs: Any,
    size: int,
    *whole: Any,
    axis: int = 0,
) -> Any:
    """``function(module, inputs, *whole)`` as NumPy arrays, computed in ``batches``.

    The outputs of batches are joined along ``axis``, along which ``inputs`` is cut.
    """
    parts = batches(function, module, inputs, size, *whole, axis=axis)
    return jax.tree.map(lambda *arrays: np.concatenate(arrays, axis=axis), *parts)


def batches(
    function: Callable[..., Any],
    module: nnx.Module,
    inputs: Any,
    size: int,
    *whole: Any,
    axis: int = 0,
) -> Iterator[Any]:
    """``function(module, part, *whole)`` as NumPy arrays, of every ``size`` entries of ``inputs``.

    ``inputs`` is an array or a tree of arrays. The function is compiled once per kind of module and
    shape of a part: it must be hashable, a function of a module rather than a closure.
    """
    graph, state = nnx.split(module)
    length = jax.tree.leaves(inputs)[0].shape[axis]
    for start in range(0, length, size):
        part = jax.tree.map(partial(_part, start=start, size=size, axis=axis), inputs)
        yield jax.tree.map(np.asarray, _call(function, graph, state, part, *whole))


@partial(jax.jit, static_argnums=(0, 1))
def _call(function: Callable[..., Any], graph: Any, state: Any, *arrays: Any) -> Any:
    return function(nnx.merge(graph, state), *arrays)


def _part(array: Any, start: int, size: int, axis: int) -> Any:
    return array[(slice(None),) * (axis % array.ndim) + (slice(start, start + size),)]
