"""Predict the next state of a nonlinear system: a fixed network, then a W new in every sequence.

h_{t+1} = W phi(h_t) / |phi(h_t)| + noise with phi(x) = GELU(x A) B (von Oswald et al. 2024,
Methods; the division and the hidden size are those of the published program). From the second
on, states therefore have norm 1 up to noise, so the zero prediction has a loss of about
(1 + dims process_noise^2) / 2.
"""

import math
from functools import lru_cache
from typing import Any

import jax
import numpy as np

from papers.shared.rng import FromKey, FromSeed, Source
from papers.vonoswald2023.spec import NonlinearDynamics
from papers.vonoswald2023.tasks.next_observation import loss as loss
from papers.vonoswald2023.tasks.next_observation import metrics as metrics
from papers.vonoswald2023.tasks.recursion import contract, unroll
from papers.vonoswald2023.tasks.sequence_tokens import batch
from papers.vonoswald2023.tasks.transitions import haar

_NEVER_ZERO = 1e-16
"""Added to the norm that divides."""


def sample(spec: NonlinearDynamics, key: jax.Array) -> dict[str, jax.Array]:
    """A fresh batch, float32: ``x`` [batch, T, token_dims] and ``y`` [batch, T, dims]."""
    return batch(spec, _observed(spec, FromKey(key), spec.batch_size)["observations"])


def splits(spec: NonlinearDynamics, seed: int) -> dict[str, dict[str, np.ndarray]]:
    """``{"test": batch}``: ``test_size`` fixed sequences, as in ``sample`` but float64."""
    source = FromSeed(seed).named("test")
    return {"test": batch(spec, _observed(spec, source, spec.test_size)["observations"])}


def evaluation(spec: NonlinearDynamics, count: int, seed: int) -> dict[str, np.ndarray]:
    """``count`` fixed sequences that all models of a figure share, float64.

    ``x`` and ``y`` as in ``sample``; ``observations`` s_1, ..., s_{T+1} [count, T + 1, dims],
    their ``features`` phi(s) (not normalised), and ``transition`` W [count, dims, dims].
    """
    found = _observed(spec, FromSeed(seed).named("evaluation"), count)
    seen = found["observations"]
    return {**found, "features": features(spec, seen), **batch(spec, seen)}


def features(spec: NonlinearDynamics, states: Any) -> Any:
    """phi(states) = GELU(states A) B for states [..., dims]; GELU by its tanh approximation."""
    xp = states.__array_namespace__()
    first, second = (xp.asarray(weights, states.dtype) for weights in network(spec))
    z = contract("...d,dh->...h", states, first)
    gelu = 0.5 * z * (1 + xp.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))
    return contract("...h,hd->...d", gelu, second)


def unit(vectors: Any) -> Any:
    """``vectors`` [..., dims] divided by their norms."""
    xp = vectors.__array_namespace__()
    return vectors / (xp.sqrt((vectors**2).sum(axis=-1, keepdims=True)) + _NEVER_ZERO)


@lru_cache(maxsize=16)
def network(spec: NonlinearDynamics) -> tuple[np.ndarray, np.ndarray]:
    """A [dims, hidden] and B [hidden, dims] of the network that all sequences share, float64."""
    source = FromSeed(spec.network_seed).named("network")
    shape = spec.dims, spec.hidden
    first, second = (
        source.named("first").normal(*shape),
        source.named("second").normal(*shape[::-1]),
    )
    return spec.weight_scale * first, spec.weight_scale * second


def draw(spec: NonlinearDynamics, source: Source, count: int) -> dict[str, Any]:
    """All that is random in ``count`` sequences.

    ``first`` [count, dims], ``transition`` [count, dims, dims] and ``process_noise``
    [count, T, dims].
    """
    noise = source.named("process noise").normal(count, spec.positions, spec.dims)
    return {
        "first": spec.initial * (2 * source.named("first").uniform(count, spec.dims) - 1),
        "transition": haar(source.named("transition"), count, spec.dims),
        "process_noise": spec.process_noise * noise,
    }


def _observed(spec: NonlinearDynamics, source: Source, count: int) -> dict[str, Any]:
    drawn = draw(spec, source, count)

    def step(state: Any, noise: Any) -> Any:
        bent = features(spec, state)
        if spec.normalise:
            bent = unit(bent)
        return contract("nij,nj->ni", drawn["transition"], bent) + noise

    states = unroll(step, drawn["first"], drawn["process_noise"])
    return {"observations": states, "transition": drawn["transition"]}
