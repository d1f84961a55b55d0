"""Random numbers under one interface, from JAX keys on the device and from NumPy on the host.

A task written against ``Source`` draws training data inside a compiled step (float32) and fixed
evaluation data that is the same on every device (float64). A source gives its numbers once: name a
child for every use.
"""

import zlib
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


@dataclass(frozen=True)
class FromKey:
    """Numbers of a JAX key, float32."""

    key: jax.Array
    xp: Any = jnp
    dtype: Any = jnp.float32

    def named(self, purpose: str) -> "FromKey":
        """The source of the key folded with the name."""
        return FromKey(jax.random.fold_in(self.key, np.uint32(_code(purpose))))

    def uniform(self, *shape: int) -> jax.Array:
        """Numbers uniform in [0, 1)."""
        return jax.random.uniform(self.key, shape, self.dtype)

    def normal(self, *shape: int) -> jax.Array:
        """Standard normal numbers."""
        return jax.random.normal(self.key, shape, self.dtype)


@dataclass(frozen=True)
class FromSeed:
    """Numbers of NumPy's ``SeedSequence`` of a seed and a path of names, float64."""

    seed: int
    path: tuple[int, ...] = ()
    xp: Any = np
    dtype: Any = np.float64

    def named(self, purpose: str) -> "FromSeed":
        """The source of the seed with the name appended to the path."""
        return FromSeed(self.seed, (*self.path, _code(purpose)))

    def uniform(self, *shape: int) -> np.ndarray:
        """Numbers uniform in [0, 1)."""
        return self._generator().random(shape)

    def normal(self, *shape: int) -> np.ndarray:
        """Standard normal numbers."""
        return self._generator().standard_normal(shape)

    def _generator(self) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=self.path))


Source = FromKey | FromSeed
"""What tasks draw from: ``xp`` is the library of its arrays, ``dtype`` their type."""


def _code(purpose: str) -> int:
    return zlib.crc32(purpose.encode())
