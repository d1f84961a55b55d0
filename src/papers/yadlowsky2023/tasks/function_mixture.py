"""In-context regression on sequences x1, f(x1), x2, f(x2), ... with f from a mixture of classes.

Every sequence draws its class, then a function, then inputs (Yadlowsky et al. 2023, section 2; the
layout of Garg et al. 2022): x and y alternate as tokens of ``dims`` numbers, y in the first and
zeros behind it. Outputs are the predictions of every y, [batch, pairs].
"""

from collections.abc import Mapping
from itertools import accumulate
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from papers.shared.rng import FromKey, FromSeed, Source
from papers.yadlowsky2023.spec import FunctionMixture, Mixture
from papers.yadlowsky2023.tasks.function_classes import components, draw, draw_law, values

Batch = Mapping[str, Any]


def sample(spec: FunctionMixture, key: jax.Array) -> dict[str, jax.Array]:
    """A fresh batch, float32.

    ``x`` [batch, 2 * pairs, dims] (tokens), ``inputs`` [batch, pairs, dims], ``y`` [batch, pairs]
    and ``class`` [batch] int32, the place of the sequence's class in ``spec.classes``.
    """
    return _sequences(spec, FromKey(key), None, spec.batch_size)


def splits(spec: FunctionMixture, seed: int) -> dict[str, dict[str, np.ndarray]]:
    """``{"test": batch}``: ``test_size`` fixed sequences of every class, whatever its weight.

    As in ``sample``, but float64. One-dimensional tasks also get ``f_lin`` and ``f_sin``
    [batch, pairs]: the unweighted line and sine of every sequence (zeros where it has none).
    """
    source = FromSeed(seed).named("test")
    parts = [
        _sequences(spec, source.named(label), number, spec.test_size)
        for number, label in enumerate(spec.classes)
    ]
    shared = [name for name in parts[0] if all(name in part for part in parts)]
    return {"test": {name: np.concatenate([part[name] for part in parts]) for name in shared}}


def tokens(inputs: Any, y: Any) -> Any:
    """``inputs`` [n, pairs, dims] and ``y`` [n, pairs] in turn: tokens [n, 2 * pairs, dims]."""
    xp = inputs.__array_namespace__()
    count, pairs, dims = inputs.shape
    padded = xp.pad(y[..., None], ((0, 0), (0, 0), (0, dims - 1)))
    return xp.stack([inputs, padded], axis=2).reshape(count, 2 * pairs, dims)


def loss(spec: FunctionMixture, outputs: jax.Array, batch: Batch) -> jax.Array:
    """Squared error, mean over sequences and all positions, the one without examples included."""
    return jnp.mean((outputs - batch["y"]) ** 2)


def metrics(spec: FunctionMixture, outputs: jax.Array, batch: Batch) -> dict[str, jax.Array]:
    """Mean squared errors: of each class, at a few context lengths, and of the mixture.

    ``loss_<label>`` over all positions, ``error_<label>_n<n>`` after n examples (a quarter and a
    half of ``pairs``, and the last), ``loss`` the class losses weighted as in training. A class
    that is absent from ``batch`` counts as 0; test data has every class.
    """
    squared = (outputs - batch["y"]) ** 2
    curves = class_means(spec, squared, batch)
    found = {f"loss_{label}": curve.mean() for label, curve in curves.items()}
    total = jnp.stack(list(found.values())) @ jnp.asarray(spec.shares, squared.dtype)
    for label, curve in curves.items():
        for n in context_lengths(spec):
            found[f"error_{label}_n{n}"] = curve[n]
    return {"loss": total, **found}


def context_lengths(spec: FunctionMixture) -> tuple[int, ...]:
    """Numbers of examples at which metrics are logged: d/2, d and 2d for 2d + 1 pairs."""
    return tuple(dict.fromkeys((spec.pairs // 4, spec.pairs // 2, spec.pairs - 1)))


def class_means(spec: Mixture, errors: jax.Array, batch: Batch) -> dict[str, jax.Array]:
    """Label -> mean over the class's sequences of ``errors`` [n, ...]; 0 where there are none."""
    member = jnp.asarray(batch["class"])[:, None] == jnp.arange(len(spec.classes))
    member = member.astype(errors.dtype)
    means = jnp.tensordot(member, errors, axes=(0, 0))
    counts = jnp.maximum(member.sum(axis=0), 1).reshape(-1, *[1] * (errors.ndim - 1))
    return dict(zip(spec.classes, means / counts, strict=True))


def draw_classes(spec: Mixture, source: Source, count: int) -> Any:
    """Places of classes in ``spec.classes``, int32 [count], drawn by the weights."""
    ends = source.xp.asarray(list(accumulate(spec.shares[:-1])), source.dtype)
    return (source.uniform(count)[:, None] >= ends).sum(axis=-1).astype(source.xp.int32)


def _sequences(spec: FunctionMixture, source: Source, only: int | None, count: int) -> Any:
    """Sequences of the class number ``only`` with their components, or of classes by weight.

    Where classes mix, each draws functions for all sequences and a mask picks: on a device that is
    cheaper than gathering.
    """
    xp = source.xp
    active = spec.active_dims or spec.dims
    inputs = draw_law(spec.inputs, source.named("inputs"), count, spec.pairs, active)
    inputs = xp.pad(inputs, ((0, 0), (0, 0), (0, spec.dims - active)))
    functions = list(spec.classes.items())
    if only is None:
        member = draw_classes(spec, source.named("class"), count)
    else:
        member, functions = xp.full(count, only, xp.int32), functions[only : only + 1]
    y, parts = 0.0 * inputs[..., 0], None
    for number, (label, function) in enumerate(functions, start=only or 0):
        child = source.named("function").named(label)
        drawn = draw(function, child, count, spec.dims, active, spec.scale)
        y = xp.where((member == number)[:, None], values(function, drawn, inputs), y)
        parts = components(function, drawn, inputs)
    if spec.noise:
        y = y + spec.noise * source.named("noise").normal(count, spec.pairs)
    batch = {"x": tokens(inputs, y), "inputs": inputs, "y": y, "class": member}
    if only is not None and parts is not None:
        batch |= {"f_lin": parts[0], "f_sin": parts[1]}
    return batch
