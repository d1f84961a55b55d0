"""Few-shot regression as a stream of tokens: x_1, y_1, x_2, y_2, ... with y = W x + noise.

Variants of von Oswald et al. 2024 (Methods and App. F.1.4): a separator (EOS) after every y, a
prefix before every block, two blocks of independent W one after the other. Separators and
prefixes are zeros here: who owns their numbers puts them in with ``fill``.
"""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from papers.shared.rng import FromKey, FromSeed, Source
from papers.vonoswald2023.spec import FewShotRegression
from papers.vonoswald2023.tasks.next_observation import position_losses
from papers.vonoswald2023.tasks.recursion import contract
from papers.vonoswald2023.tasks.transitions import haar

Batch = Mapping[str, Any]

X, Y, EOS, PREFIX = range(4)
"""What a token is, in ``layout``."""


def sample(spec: FewShotRegression, key: jax.Array) -> dict[str, jax.Array]:
    """A fresh batch, float32: ``x`` [batch, T, dims] (tokens) and ``y`` [batch, pair, dims].

    Pairs of a second block follow those of the first.
    """
    return _batch(spec, draw(spec, FromKey(key), spec.batch_size))


def splits(spec: FewShotRegression, seed: int) -> dict[str, dict[str, np.ndarray]]:
    """``{"test": batch}``: ``test_size`` fixed sequences, as in ``sample`` but float64."""
    drawn = draw(spec, FromSeed(seed).named("test"), spec.test_size)
    return {"test": _batch(spec, drawn)}


def evaluation(spec: FewShotRegression, count: int, seed: int) -> dict[str, np.ndarray]:
    """``count`` fixed sequences that all models of a figure share, float64.

    ``x`` and ``y`` as in ``sample``, ``inputs`` [count, pair, dims] (every x) and ``transition``
    [count, block, dims, dims]. Layouts of the same pairs get the same numbers at one seed.
    """
    drawn = draw(spec, FromSeed(seed).named("evaluation"), count)
    kept = {name: drawn[name] for name in ("inputs", "transition")}
    return {**kept, **_batch(spec, drawn)}


def layout(spec: FewShotRegression) -> np.ndarray:
    """What every token is, int [T]: ``X``, ``Y``, ``EOS`` or ``PREFIX``."""
    group = [X, Y, EOS] if spec.eos else [X, Y]
    kinds = [[PREFIX] * spec.prefix + group * pairs for pairs in spec.blocks]
    return np.concatenate([np.asarray(block) for block in kinds])


def fill(spec: FewShotRegression, tokens: Any, eos: Any = None, prefix: Any = None) -> Any:
    """``tokens`` [n, T, dims] with the separator and the prefix in their places.

    ``eos`` [dims] and ``prefix`` [prefix, dims]; None leaves zeros.
    """
    xp, kinds = tokens.__array_namespace__(), layout(spec)
    if eos is not None:
        tokens = xp.where((kinds == EOS)[:, None], eos, tokens)
    if prefix is not None and spec.prefix:
        is_prefix = kinds == PREFIX
        place = np.where(is_prefix, (np.cumsum(is_prefix) - 1) % spec.prefix, 0)
        tokens = xp.where(is_prefix[:, None], xp.asarray(prefix)[place], tokens)
    return tokens


def predictions(spec: FewShotRegression, outputs: Any) -> Any:
    """What ``outputs`` [n, T, at least dims] say of every y, [n, pair, dims]: those at its x."""
    return outputs[:, np.flatnonzero(layout(spec) == X), : spec.dims]


def loss(spec: FewShotRegression, outputs: Any, batch: Batch) -> Any:
    """Half the squared error: summed over numbers, mean over sequences and pairs."""
    return position_losses(predictions(spec, outputs), batch["y"]).mean()


def metrics(spec: FewShotRegression, outputs: Any, batch: Batch) -> dict[str, Any]:
    """``loss``, and ``error_n<n>`` of the pair behind n others: n = 0, dims and the last one."""
    curve = position_losses(predictions(spec, outputs), jnp.asarray(batch["y"]))
    last = sum(spec.blocks) - 1
    chosen = dict.fromkeys(min(n, last) for n in (0, spec.dims, last))
    return {"loss": curve.mean(), **{f"error_n{n}": curve[n] for n in chosen}}


def draw(spec: FewShotRegression, source: Source, count: int) -> dict[str, Any]:
    """``inputs`` and ``y`` [count, pair, dims], ``transition`` [count, block, dims, dims]."""
    found: dict[str, list[Any]] = {"inputs": [], "y": [], "transition": []}
    for number, pairs in enumerate(spec.blocks):
        own = source.named(f"block {number}")
        w = haar(own.named("transition"), count, spec.dims)
        shape = (count, pairs, spec.dims)
        x = spec.initial * (2 * own.named("inputs").uniform(*shape) - 1)
        noise = spec.noise * own.named("noise").normal(*shape)
        found["inputs"].append(x)
        found["y"].append(contract("nij,npj->npi", w, x) + noise)
        found["transition"].append(w[:, None])
    return {name: source.xp.concatenate(parts, axis=1) for name, parts in found.items()}


def _batch(spec: FewShotRegression, drawn: Mapping[str, Any]) -> dict[str, Any]:
    inputs, y = drawn["inputs"], drawn["y"]
    xp = inputs.__array_namespace__()
    kinds = layout(spec)
    pair = np.maximum(np.cumsum(kinds == X) - 1, 0)
    is_x, is_y = (kinds == X)[:, None], (kinds == Y)[:, None]
    tokens = xp.where(is_x, inputs[:, pair], xp.where(is_y, y[:, pair], xp.zeros_like(y[:, pair])))
    return {"x": tokens, "y": y}
