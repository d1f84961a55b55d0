"""Few-shot regression by networks that were trained on dynamical systems (Figures 8 and 18)."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float

from papers.vonoswald2023.spec import FewShotRegression, LinearDynamics, MesaTransformer
from papers.vonoswald2023.tables.networks import Trained, predictions, split, trained
from papers.vonoswald2023.tables.networks import losses as squared_losses
from papers.vonoswald2023.tables.tuning import values
from papers.vonoswald2023.tasks import few_shot_regression as task
from papers.vonoswald2023.tasks import linear_dynamics
from papers.vonoswald2023.theory.preconditioning import chunked_predictions
from papers.vonoswald2023.theory.preconditioning_coefficients import PUBLISHED, Coefficients
from reprise.results import Inputs
from reprise.specs.runs import RunSpec
from reprise.stats.intervals import band, frame, means

Pairs = Mapping[str, np.ndarray]
KEY = ["model", "seed", "tasks", "variant"]
COLUMNS = ["source", *KEY, "quantity", "pair", "value", "low", "high"]

PUBLISHED_DIMS = 10
"""Numbers of an x in the authors' streams."""

RIDGE = 0.001
"""Of the least-squares control on streams."""

EARLY = (0.2, 0.8)
"""Where an early ascent peaks, in pairs over n: 2 to 8 of ten numbers."""

DEEP = 7
"""From so many layers on a network is compared with six iterations, below with two."""

Curve = Float[np.ndarray, "resample pair"]


class Stream(NamedTuple):
    """What is evaluated: ``tasks`` one, or two in sequence; variants are base, eos and prefix."""

    model: str
    seed: int | None
    tasks: str
    variant: str


def few_shot(inputs: Inputs) -> pd.DataFrame:
    """``COLUMNS``: losses by pair (from 0) of every ``Stream``, and what claims read off them.

    ``model``: softmax, hybrid, and least_squares, which has the variant base alone, as have all
    networks of a run but the first, whose tokens were tuned; half is predicting W x / 2, the limit
    of least squares where half of the pairs are spurious. ``source`` is ours, or authors where
    their stored losses are of the same setting.

    Quantities but for ``loss``, of one task: ``mean_loss``; ``ascent``: highest loss between 0.2 n
    and 0.8 n pairs over the first; ``fall``: last loss over the first; ``share``: mean loss over
    that of the variant before. Of two tasks:
    ``jump``: loss at the first pair of the second over that of predicting zero, ``relearned``: loss
    at its last pair over that at its first. ``learned``, of no stream: loss on the sequences of the
    network's training over that of the control of Proposition 2.

    Takes the dataset of ``datasets.few_shot`` and the table of ``tuning.tokens``. Params:
    ``sequences`` and ``seed``, of ``learned``.
    """
    (pairs,) = inputs.datasets.values()
    curves = {key: means(errors) for key, errors in pair_losses(inputs).items()}
    parts = [_curve_rows(key, curve) for key, curve in curves.items()]
    count, seed = (int(inputs.params[name]) for name in ("sequences", "seed"))
    found = quantities(curves, pairs)
    for name, result in inputs.runs.items():
        for network in trained(result):
            of_none = Stream(_model(name), network.seed, "", "")
            found[of_none, "learned"] = learned(network, count, seed)
    rows = {(*key, quantity): values for (key, quantity), values in found.items()}
    parts += [frame(rows, [*KEY, "quantity"]), _half(pairs)]
    made = pd.concat(parts, ignore_index=True).assign(source="ours")
    stored = inputs.reference.values() if pairs["one_y"].shape[2] == PUBLISHED_DIMS else ()
    known = [
        one.rename(columns={"loss": "value"}).assign(source="authors", quantity="loss")
        for one in stored
    ]
    joined = pd.concat([made, *known], ignore_index=True).reindex(columns=COLUMNS)
    return joined.astype({"seed": "Int64", "pair": "Int64"})


def quantities(
    curves: Mapping[Stream, Curve], pairs: Pairs
) -> dict[tuple[Stream, str], np.ndarray]:
    """What claims read off the curves, see ``few_shot``."""
    dims, first = pairs["one_y"].shape[2], int(pairs["first_pairs"][0])
    zero = means(0.5 * (pairs["two_y"][:, first] ** 2).sum(axis=1, keepdims=True))[:, 0]
    before = {"eos": "base", "prefix": "eos"}
    start, stop = (round(share * dims) for share in EARLY)
    found: dict[tuple[Stream, str], np.ndarray] = {}
    for key, curve in curves.items():
        if key.tasks == "one":
            own = {
                "mean_loss": curve.mean(axis=1),
                "ascent": curve[:, start : stop + 1].max(axis=1) / curve[:, 0],
                "fall": curve[:, -1] / curve[:, 0],
            }
            if key.variant in before:
                other = curves[key._replace(variant=before[key.variant])]
                own["share"] = own["mean_loss"] / other.mean(axis=1)
        else:
            own = {"jump": curve[:, first] / zero, "relearned": curve[:, -1] / curve[:, first]}
        found |= {(key, quantity): values for quantity, values in own.items()}
    return found


def learned(network: Trained, count: int, seed: int) -> np.ndarray:
    """Mean loss over the control's, resampled, on fresh sequences of the network's own task."""
    assert isinstance(network.spec.task, LinearDynamics)
    data = linear_dynamics.evaluation(network.spec.task, count, seed)
    s, y = split(data)
    control = chunked_predictions(s, y, *control_of(network.spec), RIDGE, lag=1)
    asked = predictions(network.spec, network.params, data["x"])
    own, known = (means(squared_losses(p, y)).mean(axis=1) for p in (asked, control))
    return np.asarray(own / known)


def control_of(spec: RunSpec) -> Coefficients:
    """The published iteration for a network: of two steps for a few softmax layers, else of six."""
    assert isinstance(spec.model, MesaTransformer)
    layers = spec.model.layers
    deep = len(layers) >= DEEP or "mesa" in layers
    return PUBLISHED["fully_observed" if deep else "fully_observed_two_iterations"]


def pair_losses(inputs: Inputs) -> dict[Stream, np.ndarray]:
    """Loss of every sequence at every pair [sequence, pair], for all networks and the control."""
    (pairs,) = inputs.datasets.values()
    (tokens,) = inputs.tables.values()
    found: dict[Stream, np.ndarray] = {}
    for tasks in ("one", "two"):
        y = pairs[f"{tasks}_y"]
        control = least_squares(layout_of(pairs, tasks), pairs[f"{tasks}_inputs"], y)
        found[Stream("least_squares", None, tasks, "base")] = squared_losses(control, y)
    for name, result in inputs.runs.items():
        for number, network in enumerate(trained(result)):
            own = tokens[tokens["network"] == _model(name)] if number == 0 else None
            for tasks in ("one", "two"):
                for variant, errors in _variants(network, pairs, tasks, own):
                    found[Stream(_model(name), network.seed, tasks, variant)] = errors
    return found


def least_squares(spec: FewShotRegression, inputs: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Predictions [sequence, pair, dim] of the lagged six-step control that reads all tokens alike.

    Half of its pairs are spurious: (y_i, x_{i+1}). Its loss does not fall below that of W / 2.
    """
    tokens = streams(spec, inputs, y)
    following = np.concatenate([tokens[:, 1:], np.zeros_like(tokens[:, :1])], axis=1)
    alpha, beta = PUBLISHED["fully_observed"]
    found = chunked_predictions(tokens, following, alpha, beta, RIDGE, lag=1)
    return np.asarray(task.predictions(spec, found))


def _curve_rows(key: Stream, curve: Curve) -> pd.DataFrame:
    value, low, high = band(curve)
    columns = {"pair": np.arange(len(value)), "value": value, "low": low, "high": high}
    return pd.DataFrame(columns).assign(**key._asdict(), quantity="loss")


def _half(pairs: Pairs) -> pd.DataFrame:
    """Half the energy of W x / 2, with x uniform in [-1, 1]: n / 24."""
    count, dims = pairs["one_y"].shape[1:]
    names = Stream("half", None, "one", "base")._asdict() | {"quantity": "loss"}
    return pd.DataFrame({"pair": np.arange(count), "value": dims / 24}).assign(**names)


def _model(run: str) -> str:
    return run.removeprefix("few_shot_")


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
    network: Trained, pairs: Pairs, tasks: str, tokens: pd.DataFrame | None
) -> Iterator[tuple[str, np.ndarray]]:
    """Losses of the network, without tuned ``tokens`` on pairs alone."""
    inputs, y = pairs[f"{tasks}_inputs"], pairs[f"{tasks}_y"]
    layouts = {"base": layout_of(pairs, tasks)}
    tuned: tuple[np.ndarray, ...] = ()
    if tokens is not None:
        eos, prefix = values(tokens, "eos")[0], values(tokens, "prefix")
        layouts["eos"] = layout_of(pairs, tasks, eos=True)
        layouts["prefix"] = layout_of(pairs, tasks, eos=True, prefix=len(prefix))
        tuned = (eos, prefix)
    assert isinstance(network.spec.task, LinearDynamics)
    length = network.spec.task.positions
    for variant, spec in layouts.items():
        x = task.fill(spec, streams(spec, inputs, y), *tuned)
        outputs = predictions(network.spec, network.params, padded(x, length))
        yield variant, squared_losses(task.predictions(spec, outputs), y)


def padded(x: np.ndarray, tokens: int) -> np.ndarray:
    """``x`` with zeros behind, which no earlier prediction sees: one program for all layouts."""
    return np.pad(x, ((0, 0), (0, max(tokens - x.shape[1], 0)), (0, 0)))
