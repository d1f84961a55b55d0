"""Both sides of each identity of Dai et al. 2022, for random weights and tokens.

A function takes a generator, the number of tokens (examples, features) and a precision, and returns
what should be equal. Entries are of the order of 1.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from papers.dai2022.models.momentum import momentum, recurrent_momentum
from papers.dai2022.theory import dual_form
from papers.dai2022.theory.attention_split import attend, split

Sides = tuple[Any, Any]
ETA = 0.9


def trained_layer(rng: np.random.Generator, size: int, dtype: str) -> Sides:
    """Eq. 9: weights and their update, against weights and linear attention over examples."""
    weights, inputs, errors, x = _draw(rng, dtype, (size, size), (size, size), (size, size), size)
    changed = weights + dual_form.outer_update(errors, inputs)
    return changed @ x, weights @ x + dual_form.linear_attention(errors, inputs, x)


def relaxed_attention(rng: np.random.Generator, size: int, dtype: str) -> Sides:
    """Eq. 12: attention over [X'; X] without a softmax, against W_ZSL and an update of it."""
    w_k, w_v, demos, own, query = _draw(rng, dtype, *4 * [(size, size)], size)
    both = np.concatenate([demos, own])
    update = dual_form.outer_update(demos @ w_v.T, demos @ w_k.T)
    whole = dual_form.linear_attention(both @ w_v.T, both @ w_k.T, query)
    return (dual_form.zero_shot_weights(w_k, w_v, own) + update) @ query, whole


def finetuned_attention(rng: np.random.Generator, size: int, dtype: str) -> Sides:
    """Eq. 13: attention with changed key and value weights, against W_ZSL and an update of it."""
    w_k, w_v, change_k, change_v, x = _draw(rng, dtype, *5 * [(size, size)])
    update = dual_form.finetuning_update(w_k, w_v, change_k, change_v, x)
    tuned = dual_form.zero_shot_weights(w_k + change_k, w_v + change_v, x)
    return dual_form.zero_shot_weights(w_k, w_v, x) + update, tuned


def gradient_steps(rng: np.random.Generator, size: int, dtype: str) -> Sides:
    """Eqs. 7 to 9: a layer trained by steps of SGD, against attention over its own errors."""
    weights, inputs, x = _draw(rng, dtype, (size, size), (size, size), size)
    targets = np.eye(size, dtype=dtype)[rng.integers(0, size, size)]
    with jax.enable_x64(dtype == "float64"):
        arrays = [jnp.asarray(array) for array in (weights, inputs, targets)]
        steps = dual_form.descend(arrays[0], arrays[1], arrays[2], _cross_entropy, 1.0)
        trained, errors = (np.asarray(array) for array in steps)
    return trained @ x, weights @ x + dual_form.linear_attention(errors, inputs, x)


def softmax_parts(rng: np.random.Generator, size: int, dtype: str) -> Sides:
    """Softmax attention over [X'; X], against its parts over either and their shares."""
    own, demos, own_values, values = _draw(rng, dtype, size, size, *2 * [(size, size)])
    scale = np.sqrt(np.asarray(size, dtype))
    whole = attend(
        np.concatenate([demos, own]) * scale, np.concatenate([values, own_values]) * scale
    )
    return split(own * scale, own_values * scale, demos * scale, values * scale).whole, whole


def momentum_sums(rng: np.random.Generator, size: int, dtype: str) -> Sides:
    """Eq. 15: the momentum term as a product with a matrix, against m_t = eta (m + v)."""
    (values,) = _draw(rng, dtype, (1, size, 1, size))
    scaled = values * np.sqrt(np.asarray(size, dtype))
    with jax.enable_x64(dtype == "float64"):
        array = jnp.asarray(scaled)
        return np.asarray(momentum(array, ETA)), np.asarray(recurrent_momentum(array, ETA))


IDENTITIES: dict[str, Callable[[np.random.Generator, int, str], Sides]] = {
    "trained layer (9)": trained_layer,
    "relaxed attention (12)": relaxed_attention,
    "finetuned attention (13)": finetuned_attention,
    "gradient steps (7-9)": gradient_steps,
    "softmax in parts": softmax_parts,
    "momentum sums (15)": momentum_sums,
}


def _cross_entropy(output: Any, target: Any) -> Any:
    return jax.nn.logsumexp(output) - output @ target


def _draw(rng: np.random.Generator, dtype: str, *shapes: Any) -> list[np.ndarray]:
    """Normal entries; products of two of these have entries of the order of their size's root."""
    return [
        (rng.normal(size=shape) / np.sqrt(np.atleast_1d(shape)[-1])).astype(dtype)
        for shape in shapes
    ]
