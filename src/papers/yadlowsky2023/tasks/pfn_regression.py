"""Regression by a prior-data fitted network: a set of labelled points, and queries to predict.

A sequence draws its class, a function, and the size of its context, uniform in 0..points - 1
(Müller et al. 2024). One-dimensional. The network gives logits of a density per query, or its mean.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from papers.shared.rng import FromKey, FromSeed, Source
from papers.yadlowsky2023.spec import Mixture, PfnRegression
from papers.yadlowsky2023.tasks import histogram_density
from papers.yadlowsky2023.tasks.function_classes import draw, draw_law, values
from papers.yadlowsky2023.tasks.function_mixture import class_means, draw_classes

Batch = Mapping[str, Any]

PRIOR_DRAWS = 2**18
"""Labels drawn from the prior to place the borders: about 260 for each of a thousand bins."""


def sample(spec: PfnRegression, key: jax.Array) -> dict[str, Any]:
    """A fresh batch, float32.

    ``x`` holds ``context_x``, ``context_y`` and ``context_mask`` [batch, points - 1] (True: the
    point is there; others are 0) and ``query_x`` [batch, queries]; ``y`` [batch, queries] are the
    queries' labels, ``class`` [batch] the place of the sequence's class in ``spec.classes``.
    """
    source = FromKey(key)
    member = draw_classes(spec, source.named("class"), spec.batch_size)
    return _batch(spec, source, member)


def splits(spec: PfnRegression, seed: int) -> dict[str, dict[str, Any]]:
    """``{"test": batch}``: ``test_size`` fixed sequences of every class, as in ``sample``."""
    source = FromSeed(seed).named("test")
    member = np.repeat(np.arange(len(spec.classes), dtype=np.int32), spec.test_size)
    return {"test": _batch(spec, source, member)}


def loss(spec: PfnRegression, outputs: jax.Array, batch: Batch) -> jax.Array:
    """The mean over sequences and queries of what ``spec.output`` asks for.

    ``histogram``: minus the log density, in nats, of logits [batch, queries, bins]. ``mean``: the
    squared error of predictions [batch, queries].
    """
    return _losses(spec, outputs, batch).mean()


def metrics(spec: PfnRegression, outputs: jax.Array, batch: Batch) -> dict[str, jax.Array]:
    """``loss_<label>`` and ``mse_<label>`` (of the point prediction) of each class.

    ``loss`` and ``mse`` are these weighted as in training. A class absent from ``batch`` counts
    as 0; test data has every class.
    """
    squared = (point_predictions(spec, outputs) - batch["y"]) ** 2
    shares = jnp.asarray(spec.shares, squared.dtype)
    found = {}
    for name, errors in (("loss", _losses(spec, outputs, batch)), ("mse", squared)):
        means = class_means(spec, errors.mean(axis=1), batch)
        found[name] = jnp.stack(list(means.values())) @ shares
        found |= {f"{name}_{label}": value for label, value in means.items()}
    return found


def point_predictions(spec: PfnRegression, outputs: jax.Array) -> jax.Array:
    """Predicted numbers [..., queries]: the means of the densities, or the outputs themselves."""
    if spec.output == "mean":
        return outputs
    return histogram_density.mean(outputs, borders(spec))


@lru_cache(maxsize=16)
def borders(spec: PfnRegression) -> np.ndarray:
    """Borders [bins + 1] of bins of equal mass under the prior of a noisy label, float64."""
    source = FromSeed(0).named("borders")
    member = draw_classes(spec, source.named("class"), PRIOR_DRAWS)
    x = draw_law(spec.inputs, source.named("inputs"), PRIOR_DRAWS, 1, 1)
    return histogram_density.equal_mass_borders(_labels(spec, source, member, x), spec.bins)


def _losses(spec: PfnRegression, outputs: jax.Array, batch: Batch) -> jax.Array:
    if spec.output == "mean":
        return (outputs - batch["y"]) ** 2
    y = jnp.asarray(batch["y"])
    return histogram_density.negative_log_density(outputs, y, borders(spec))


def _batch(spec: PfnRegression, source: Source, member: Any) -> dict[str, Any]:
    xp, count, context = source.xp, len(member), spec.points - 1
    x = draw_law(spec.inputs, source.named("inputs"), count, context + spec.queries, 1)
    y = _labels(spec, source, member, x)
    size = xp.floor(spec.points * source.named("size").uniform(count, 1))
    mask = xp.arange(context) < size
    return {
        "x": {
            "context_x": xp.where(mask, x[:, :context, 0], 0.0),
            "context_y": xp.where(mask, y[:, :context], 0.0),
            "context_mask": mask,
            "query_x": x[:, context:, 0],
        },
        "y": y[:, context:],
        "class": member,
    }


def _labels(spec: Mixture, source: Source, member: Any, x: Any) -> Any:
    """Noisy labels [sequence, point] at ``x`` [sequence, point, 1] of functions drawn by class."""
    xp = source.xp
    y = 0.0 * x[..., 0]
    for number, (label, function) in enumerate(spec.classes.items()):
        drawn = draw(function, source.named("function").named(label), len(x))
        y = xp.where((member == number)[:, None], values(function, drawn, x), y)
    return y + spec.noise * source.named("noise").normal(*y.shape)
