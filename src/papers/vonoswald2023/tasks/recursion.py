"""Sequences made step by step, with NumPy (a loop) or inside a compiled step (a scan)."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def unroll(step: Callable[[Any, Any], Any], first: Any, inputs: Any) -> Any:
    """States [n, T + 1, dim]: ``first`` [n, dim], then ``step(state, inputs[:, t])`` for each t.

    ``inputs`` [n, T, ...] decide whether the loop is NumPy's or JAX's.
    """
    if isinstance(inputs, np.ndarray):
        states = [first]
        for t in range(inputs.shape[1]):
            states.append(step(states[-1], inputs[:, t]))
        return np.stack(states, axis=1)

    def advance(state: Any, given: Any) -> tuple[Any, Any]:
        new = step(state, given)
        return new, new

    later = jax.lax.scan(advance, first, inputs.swapaxes(0, 1))[1]
    return jnp.concatenate([first[:, None], later.swapaxes(0, 1)], axis=1)


def contract(indices: str, *arrays: Any) -> Any:
    """``einsum`` in the full precision of ``arrays``.

    Accelerators round the factors of float32 products unless told not to, and over T steps that
    is as large as the noise of the systems.
    """
    if all(isinstance(array, np.ndarray) for array in arrays):
        return np.einsum(indices, *arrays)
    return jnp.einsum(indices, *arrays, precision="highest")
