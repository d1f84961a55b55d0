"""A trained network, evaluated on more inputs than fit at once."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import numpy as np
from flax import nnx


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
