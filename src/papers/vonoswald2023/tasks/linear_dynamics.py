"""Predict the next observation of a linear system that is new in every sequence.

h_1 is uniform, h_{t+1} = W h_t + noise and s_t = C h_t + noise (von Oswald et al. 2024, Methods;
the law of h_1 and the noise are those of the published program, not of the text). Energy of fully
observed orthogonal systems: E |s_t|^2 / 2 = dims (initial^2 / 3 + (t - 1) process_noise^2) / 2.
"""

from typing import Any

import jax
import numpy as np

from papers.shared.rng import FromKey, FromSeed, Source
from papers.vonoswald2023.spec import LinearDynamics
from papers.vonoswald2023.tasks.next_observation import loss as loss
from papers.vonoswald2023.tasks.next_observation import metrics as metrics
from papers.vonoswald2023.tasks.recursion import contract, unroll
from papers.vonoswald2023.tasks.sequence_tokens import batch
from papers.vonoswald2023.tasks.transitions import contracting, haar


def sample(spec: LinearDynamics, key: jax.Array) -> dict[str, jax.Array]:
    """A fresh batch, float32: ``x`` [batch, T, token_dims] and ``y`` [batch, T, n_s]."""
    return batch(spec, _observed(spec, FromKey(key), spec.batch_size)["observations"])


def splits(spec: LinearDynamics, seed: int) -> dict[str, dict[str, np.ndarray]]:
    """``{"test": batch}``: ``test_size`` fixed sequences, as in ``sample`` but float64."""
    source = FromSeed(seed).named("test")
    return {"test": batch(spec, _observed(spec, source, spec.test_size)["observations"])}


def evaluation(spec: LinearDynamics, count: int, seed: int) -> dict[str, np.ndarray]:
    """``count`` fixed sequences that all models of a figure share, float64.

    ``x`` and ``y`` as in ``sample``; ``observations`` s_1, ..., s_{T+1} [count, T + 1, n_s],
    ``states`` [count, T + 1, dims], ``transition`` W [count, dims, dims] and, where the state is
    partly seen, ``observation`` C [count, n_s, dims].
    """
    found = _observed(spec, FromSeed(seed).named("evaluation"), count)
    return {**found, **batch(spec, found["observations"])}


def draw(spec: LinearDynamics, source: Source, count: int) -> dict[str, Any]:
    """All that is random in ``count`` sequences: ``first``, ``transition``, ``process_noise``, ...

    Shapes: [count, dims], [count, dims, dims], [count, T, dims]; ``observation`` [count, n_s, dims]
    and ``observation_noise`` [count, T + 1, n_s] where there is any.
    """
    first = spec.initial * (2 * source.named("first").uniform(count, spec.dims) - 1)
    noise = source.named("process noise").normal(count, spec.positions, spec.dims)
    drawn = {
        "first": first,
        "transition": _transition(spec, source, count),
        "process_noise": spec.process_noise * noise,
    }
    if spec.observed is not None:
        entries = source.named("observation").normal(count, spec.observed, spec.dims)
        drawn["observation"] = spec.observation_scale * entries
    if spec.observation_noise:
        shape = (count, spec.positions + 1, spec.target_dims)
        normal = source.named("observation noise").normal(*shape)
        drawn["observation_noise"] = spec.observation_noise * normal
    return drawn


def _transition(spec: LinearDynamics, source: Source, count: int) -> Any:
    if spec.system == "contracting":
        return contracting(source.named("transition"), count, spec.dims)
    if spec.teacher_seed is None:
        return haar(source.named("transition"), count, spec.dims)
    teacher = haar(FromSeed(spec.teacher_seed).named("teacher"), 1, spec.dims)
    xp = source.xp
    return xp.broadcast_to(xp.asarray(teacher, source.dtype), (count, spec.dims, spec.dims))


def _observed(spec: LinearDynamics, source: Source, count: int) -> dict[str, Any]:
    drawn = draw(spec, source, count)

    def step(state: Any, noise: Any) -> Any:
        new = contract("nij,nj->ni", drawn["transition"], state) + noise
        return new if spec.clip is None else new.clip(-spec.clip, spec.clip)

    states = unroll(step, drawn["first"], drawn["process_noise"])
    seen = states
    if "observation" in drawn:
        seen = contract("nij,ntj->nti", drawn["observation"], states)
    if "observation_noise" in drawn:
        seen = seen + drawn["observation_noise"]
    kept: dict[str, Any] = {
        name: drawn[name] for name in ("transition", "observation") if name in drawn
    }
    return {"observations": seen, "states": states, **kept}
