"""Piecewise constant densities of a number with half-normal tails (prior-data fitted networks).

The line is cut at quantiles of the prior; a network gives one logit per bin. Within an inner bin
the density is constant. The first and the last bin reach to infinity: a half-normal that begins at
the bin's inner border and has half of its mass within the bin's width (Müller et al. 2022, 2024).
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.special import ndtri

MEDIAN = float(ndtri(0.75))
"""Median of the half-normal of scale 1."""


def equal_mass_borders(values: np.ndarray, bins: int) -> np.ndarray:
    """Borders [bins + 1] that put equally many of ``values`` into every bin, float64."""
    return np.quantile(np.asarray(values, float).ravel(), np.linspace(0, 1, bins + 1))


def negative_log_density(
    logits: Float[Array, "... bin"], y: Float[Array, "..."], borders: np.ndarray
) -> Float[Array, "..."]:
    """-log p(y), in nats, of the densities given by ``logits`` and ``borders`` [bins + 1]."""
    widths = jnp.asarray(np.diff(borders), logits.dtype)
    inner = jnp.asarray(borders[1:-1], logits.dtype)
    place = jnp.searchsorted(inner, y, side="right")
    chosen = jnp.take_along_axis(logits, place[..., None], axis=-1)[..., 0]
    # The logit is taken before normalising, which spares the gradient a second full array.
    log_mass = chosen - jax.nn.logsumexp(logits, axis=-1)
    scale = widths[place] / MEDIAN
    depth = jnp.where(place == 0, inner[0] - y, y - inner[-1]) / scale
    log_tail = 0.5 * math.log(2 / math.pi) - jnp.log(scale) - 0.5 * depth**2
    outer = (place == 0) | (place == len(borders) - 2)
    return -(log_mass + jnp.where(outer, log_tail, -jnp.log(widths[place])))


def mean(logits: Float[Array, "... bin"], borders: np.ndarray) -> Float[Array, "..."]:
    """Means of the densities, tails included."""
    centres = (borders[:-1] + borders[1:]) / 2
    tail = math.sqrt(2 / math.pi) / MEDIAN
    centres[0] = borders[1] - tail * (borders[1] - borders[0])
    centres[-1] = borders[-2] + tail * (borders[-1] - borders[-2])
    return jax.nn.softmax(logits, axis=-1) @ jnp.asarray(centres, logits.dtype)
