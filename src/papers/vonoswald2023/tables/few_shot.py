"""Few-shot regression by networks that were trained on dynamical systems (Figures 8 and 18)."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from papers.vonoswald2023.spec import FewShotRegression, LinearDynamics
from papers.vonoswald2023.tables.networks import losses as squared_losses
from papers.vonoswald2023.tables.networks import predictions
from papers.vonoswald2023.tables.tuning import values
from papers.vonoswald2023.tasks import few_shot_regression as task
from papers.vonoswald2023.theory.preconditioning import iterated_predictions
from papers.vonoswald2023.theory.preconditioning_coefficients import PUBLISHED
from reprise.results import Inputs, RunResult, finished, member_spec
from reprise.stats.resampling import band, means

Pairs = Mapping[str, np.ndarray]
Key = tuple[str, str, str]
"""Tasks in a stream (one, two), model (a network, least_squares) and variant."""
KEY = ["tasks", "model", "variant"]

PUBLISHED_DIMS = 10
"""Numbers of an x in the authors' streams."""

RIDGE = 0.001
"""Of the least-squares control on streams."""


def losses(inputs: Inputs) -> pd.DataFrame:
    """``tasks``, ``model``, ``variant``, ``origin``, ``pair``, ``loss``, ``low`` and ``high``.

    ``tasks``: one, or two in sequence. ``model``: softmax, hybrid, and least_squares, which has the
    ``variant`` base alone; networks have eos and prefix, too; half is predicting W x / 2, the limit
    of least squares where half of the pairs are spurious. ``origin`` is ours, or authors where
    their stored losses are of the same setting; pairs count from 0. Takes the
    dataset of ``datasets.few_shot`` and the table of ``tuning.tokens``.
    """
    found = []
    for key, errors in pair_losses(inputs).items():
        value, low, high = band(means(errors))
        columns = {"pair": np.arange(len(value)), "loss": value, "low": low, "high": high}
        names = dict(zip(KEY, key, strict=True), origin="ours")
        found.append(pd.DataFrame(columns).assign(**names))
    (pairs,) = inputs.datasets.values()
    found.append(_half(pairs))
    if pairs["one_y"].shape[2] == PUBLISHED_DIMS:
        found += [table.assign(origin="authors") for table in inputs.reference.values()]
    joined = pd.concat(found, ignore_index=True)
    return joined[[*KEY, "origin", "pair", "loss", "low", "high"]]


def _half(pairs: Pairs) -> pd.DataFrame:
    """Half the energy of W x / 2, with x uniform in [-1, 1]: n / 24."""
    count, dims = pairs["one_y"].shape[1:]
    names = {"tasks": "one", "model": "half", "variant": "base", "origin": "ours"}
    return pd.DataFrame({"pair": np.arange(count), "loss": dims / 24}).assign(**names)


def pair_losses(inputs: Inputs) -> dict[Key, np.ndarray]:
    """Loss of every sequence at every pair [sequence, pair], for all networks and the control."""
    (pairs,) = inputs.datasets.values()
    (tokens,) = inputs.tables.values()
    found: dict[Key, np.ndarray] = {}
    for tasks in ("one", "two"):
        y = pairs[f"{tasks}_y"]
        control = least_squares(layout_of(pairs, tasks), pairs[f"{tasks}_inputs"], y)
        found[tasks, "least_squares", "base"] = squared_losses(control, y)
    for name, result in inputs.runs.items():
        own = name.removeprefix("few_shot_")
        for member in finished(result)[:1]:
            for tasks in ("one", "two"):
                for variant, errors in _variants(result, member, pairs, tasks, own, tokens):
                    found[tasks, own, variant] = errors
    return found


def least_squares(spec: FewShotRegression, inputs: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Predictions [sequence, pair, dim] of the lagged six-step control that reads all tokens alike.

    Half of its pairs are spurious: (y_i, x_{i+1}). Its loss does not fall below that of W / 2.
    """
    tokens = streams(spec, inputs, y)
    following = np.concatenate([tokens[:, 1:], np.zeros_like(tokens[:, :1])], axis=1)
    alpha, beta = PUBLISHED["fully_observed"]
    found = iterated_predictions(tokens, following, alpha, beta, RIDGE, lag=1)
    return np.asarray(task.predictions(spec, found))


def streams(spec: FewShotRegression, inputs: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Tokens [sequence, token, dim] of these pairs in the layout of ``spec``, zeros elsewhere."""
    kinds = task.layout(spec)
    tokens = np.zeros((len(y), len(kinds), y.shape[2]))
    tokens[:, kinds == task.X], tokens[:, kinds == task.Y] = inputs, y
    return tokens


def layout_of(pairs: Pairs, tasks: str, eos: bool = False, prefix: int = 0) -> FewShotRegression:
    """The stream of the dataset's pairs."""
    count, dims = pairs[f"{tasks}_y"].shape[1:]
    first = int(pairs["first_pairs"][0]) if tasks == "two" else count
    return FewShotRegression(
        name="few_shot_regression",
        dims=dims,
        pairs=first,
        second_pairs=count - first if tasks == "two" else None,
        eos=eos,
        prefix=prefix,
        batch_size=1,
    )


def _variants(
    result: RunResult, member: int, pairs: Pairs, tasks: str, name: str, tokens: pd.DataFrame
) -> Iterator[tuple[str, np.ndarray]]:
    inputs, y = pairs[f"{tasks}_inputs"], pairs[f"{tasks}_y"]
    eos, prefix = values(tokens, name, "eos")[0], values(tokens, name, "prefix")
    layouts = {
        "base": layout_of(pairs, tasks),
        "eos": layout_of(pairs, tasks, eos=True),
        "prefix": layout_of(pairs, tasks, eos=True, prefix=len(prefix)),
    }
    network = member_spec(result, member)
    assert isinstance(network.task, LinearDynamics)
    for variant, spec in layouts.items():
        x = task.fill(spec, streams(spec, inputs, y), eos, prefix)
        outputs = predictions(network, result.params[member], padded(x, network.task.positions))
        yield variant, squared_losses(task.predictions(spec, outputs), y)


def padded(x: np.ndarray, tokens: int) -> np.ndarray:
    """``x`` with zeros behind, which no earlier prediction sees: one program for all layouts."""
    return np.pad(x, ((0, 0), (0, max(tokens - x.shape[1], 0)), (0, 0)))
