"""The counter-replication: networks on line plus sine, against exact Bayes."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from papers.yadlowsky2023.spec import PfnRegression
from papers.yadlowsky2023.tables import counter
from papers.yadlowsky2023.tables.networks import Params, at_queries, of_set
from papers.yadlowsky2023.theory.blends import blend
from papers.yadlowsky2023.theory.class_average import average, class_probabilities
from papers.yadlowsky2023.theory.curve_bayes import mueller_classes
from reprise.results import Inputs, RunResult, finished, member_spec, snapshot
from reprise.stats.intervals import frame, means
from reprise.training.progress import counted, done, expect

KINDS = ("equispaced", "random", "noisy")
AMPLITUDE = 0.2
NOISE = 0.1
"""Of labels in training, which exact Bayes assumes."""
DRAWN = ("line", "sine", "sum")
"""Kinds of random prompts."""


class Predictor(NamedTuple):
    """A trained network, or exact Bayes."""

    name: str
    seed: float
    """NaN for exact Bayes."""
    predict: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    """From contexts x, y [prompt, n] and queries [prompt, query] to predictions [prompt, query]."""
    longest: int | None
    """The most examples that it can take; None: any number."""


def sweep(inputs: Inputs) -> pd.DataFrame:
    """Every network and exact Bayes on sums, for every slope, n and kind of context.

    ``model``, ``seed``, ``kind``, ``slope``, ``n``, ``mse``, ``nmse`` (over the variance of the one
    function), ``single`` (the error of the nearest line or sine of the training classes, fitted to
    the function), and medians over contexts of the coefficients ``c_lin`` (a slope; truth:
    ``slope``) and ``c_sin`` (an amplitude; truth 0.2); ``p_sine`` for bayes.
    """
    (data,) = inputs.datasets.values()
    networks = predictors(inputs.runs, max(_lengths(data)))
    every = counted([*networks, BAYES], "networks")
    return pd.DataFrame([row for one in every for row in _rows(one, data)])


def steps(inputs: Inputs) -> pd.DataFrame:
    """As ``sweep``, equispaced contexts, at every snapshot (``step``) of the networks."""
    (data,) = inputs.datasets.values()
    room, parts = max(_lengths(data)), []
    expect(sum(len(r.members) * len(r.snapshot_steps) for r in inputs.runs.values()), "snapshots")
    for result in inputs.runs.values():
        for member in finished(result):
            for place, step in enumerate(result.snapshot_steps):
                done()
                if step > 0:
                    one = _predictor(result, member, snapshot(result, member, place), room)
                    parts += [row | {"step": int(step)} for row in _rows(one, data, KINDS[:1])]
    return pd.DataFrame(parts)


def examples(inputs: Inputs) -> pd.DataFrame:
    """What the networks and exact Bayes say between and beyond the points of one context.

    ``part``, ``seed``, ``slope``, ``x``, ``value``. ``part``: context (equispaced, without noise),
    truth, bayes, or the name of a network. Params: ``slopes``, each one of the dataset's, and
    ``examples``, the length of the context.
    """
    (data,) = inputs.datasets.values()
    n, every = int(inputs.params["examples"]), data["slope"]
    places = [int(np.abs(every - slope).argmin()) for slope in inputs.params["slopes"]]
    x, y = (data[f"{KINDS[0]}_{n}_{axis}"][places, 0] for axis in "xy")
    query = np.broadcast_to(data["query_x"], (len(places), len(data["query_x"])))
    truth = every[places, None] * data["line"] + AMPLITUDE * data["sine"]
    drawn = [("context", np.nan, x, y), ("truth", np.nan, query, truth)]
    drawn += [
        (one.name, one.seed, query, np.asarray(one.predict(x, y, query)))
        for one in counted([*predictors(inputs.runs, max(_lengths(data))), BAYES], "networks")
    ]
    parts = [
        pd.DataFrame(
            {
                "part": part,
                "seed": seed,
                "slope": float(every[place]),
                "x": at[row],
                "value": value[row],
            }
        )
        for part, seed, at, value in drawn
        for row, place in enumerate(places)
    ]
    return pd.concat(parts, ignore_index=True)


def draws(inputs: Inputs) -> pd.DataFrame:
    """Random noisy prompts of lines, sines and their sums: errors, and verdict D of ``counter``.

    ``model``, ``seed``, ``kind`` and ``n`` (none for what is read over all of them), ``quantity``,
    ``value``, ``low``, ``high``, over prompts. Quantities: ``mse``; ``nmse``, over the variance of
    f over draws and queries; ``single``, the error of the nearest class (see ``sweep``);
    ``in_class_nmse``, the largest of both classes from 20 examples on, and ``counter.fails``, the
    least over n. Params: ``examples``.
    """
    (data,) = inputs.datasets.values()
    examples = [int(n) for n in inputs.params["examples"]]
    found: dict[tuple[object, ...], object] = {}
    every = [*predictors(inputs.runs, max(examples)), BAYES]
    for one in counted(every, "networks"):
        lengths = [n for n in examples if one.longest is None or n <= one.longest]
        errors = {n: {kind: _errors(one, data, kind, n) for kind in DRAWN} for n in lengths}
        for n, of_n in errors.items():
            for kind, values in of_n.items():
                found |= {(one.name, one.seed, kind, n, q): v for q, v in values.items()}
        late = [of_n for n, of_n in errors.items() if n >= counter.MANY]
        in_class = [np.maximum(of["line"]["nmse"], of["sine"]["nmse"]) for of in late]
        over = [of["sum"]["nmse"] / own for of, own in zip(late, in_class, strict=True)]
        single = [of["sum"]["mse"] / of["sum"]["single"] for of in late]
        read = {"in_class_nmse": np.max(in_class, axis=0)}
        read |= counter.fails(np.min(over, axis=0), np.min(single, axis=0))
        found |= {(one.name, one.seed, None, np.nan, q): v for q, v in read.items()}
    return frame(found, ["model", "seed", "kind", "n", "quantity"])


def _errors(
    one: Predictor, data: Mapping[str, np.ndarray], kind: str, n: int
) -> dict[str, np.ndarray]:
    """Errors on the random prompts of a kind after n examples, each [resample]."""
    target = data[f"{kind}_query_y"]
    query = np.broadcast_to(data["query_x"], target.shape)
    made = one.predict(data[f"{kind}_x"][:, :n], data[f"{kind}_y"][:, :n], query)
    mse = means(((made - target) ** 2).mean(axis=1))
    single = means(nearest(data["query_x"], target))
    return {"mse": mse, "nmse": mse / np.var(target), "single": single}


def predictors(runs: Mapping[str, RunResult], room: int) -> list[Predictor]:
    """Every trained network; contexts of at most ``room`` examples share a compiled pass."""
    return [
        _predictor(result, member, result.params[member], room)
        for result in runs.values()
        for member in finished(result)
    ]


def bayes(x: np.ndarray, y: np.ndarray, query_x: np.ndarray) -> np.ndarray:
    """The exact posterior mean under the two classes, equally likely."""
    return exact(x, y, query_x)[0]


BAYES = Predictor("bayes", np.nan, bayes, None)


def exact(x: np.ndarray, y: np.ndarray, query_x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Exact posterior means [prompt, query] and posterior probabilities of the sine [prompt]."""
    classes = mueller_classes(x, y, query_x, NOISE)
    priors = dict.fromkeys(classes, 0.5)
    return average(classes, priors), class_probabilities(classes, priors)["sine"][:, 0]


def nearest(x: np.ndarray, f: np.ndarray) -> np.ndarray:
    """Squared errors [prompt] of the better of b + m x and c + 0.2 sin(3 pi x), fitted to f."""
    centred = x - x.mean()
    rest = f - f.mean(axis=1, keepdims=True)
    slope = rest @ centred / (centred @ centred)
    line = ((rest - slope[:, None] * centred) ** 2).mean(axis=1)
    wave = AMPLITUDE * np.sin(3 * np.pi * x)
    sine = ((rest - (wave - wave.mean())) ** 2).mean(axis=1)
    return np.minimum(line, sine)


def _rows(
    one: Predictor, data: Mapping[str, np.ndarray], kinds: tuple[str, ...] = KINDS
) -> list[dict[str, object]]:
    slopes, q = data["slope"], data["query_x"]
    target = slopes[:, None] * data["line"] + AMPLITUDE * data["sine"]
    single = nearest(q, target)
    found = []
    for n in _lengths(data):
        if one.longest and n > one.longest:
            continue
        # All kinds of context at once: prompts side by side, [slope, draw of any kind, pair].
        draws = [data[f"{kind}_{n}_x"].shape[1] for kind in kinds]
        x, y = (np.concatenate([data[f"{k}_{n}_{axis}"] for k in kinds], 1) for axis in "xy")
        flat = x.reshape(-1, n), y.reshape(-1, n)
        query = np.broadcast_to(q, (len(flat[0]), len(q)))
        if one is BAYES:
            found_at, p_sine = exact(*flat, query)
        else:
            found_at, p_sine = one.predict(*flat, query), np.full(len(query), np.nan)
        made, p_sine = found_at.reshape(*x.shape[:2], -1), p_sine.reshape(x.shape[:2])
        ends = np.cumsum(draws)[:-1]
        parts = zip(kinds, np.split(made, ends, 1), np.split(p_sine, ends, 1), strict=True)
        for kind, of_kind, p in parts:
            for i, slope in enumerate(slopes):
                mse = float(((of_kind[i] - target[i]) ** 2).mean())
                row = {
                    "model": one.name,
                    "seed": one.seed,
                    "kind": kind,
                    "slope": float(slope),
                    "n": n,
                    "mse": mse,
                    "nmse": mse / float(np.var(target[i])),
                    "single": float(single[i]),
                    "p_sine": float(p[i].mean()),
                }
                found.append(row | _blend(of_kind[i], data))
    return found


def _lengths(data: Mapping[str, np.ndarray]) -> list[int]:
    """Numbers of examples of the contexts, from few to many."""
    of_contexts = (key.split("_") for key in data if key.startswith(KINDS[0]))
    return sorted({int(n) for _, n, _ in of_contexts})


def _blend(made: np.ndarray, data: Mapping[str, np.ndarray]) -> dict[str, float]:
    shape = made.shape
    both = blend(made, np.broadcast_to(data["line"], shape), np.broadcast_to(data["sine"], shape))
    c_lin, c_sin = np.median(both, axis=0)
    return {"c_lin": float(c_lin), "c_sin": float(c_sin)}


def _longest(result: RunResult) -> int | None:
    """A causal network has a position for every token; a set encoder takes any number."""
    if result.spec.task.name != "function_mixture":
        return None
    return len(result.params[0]["positions"]) // 2 - 1


def _predictor(result: RunResult, member: int, params: Params, room: int) -> Predictor:
    spec, seed = member_spec(result, member), int(result.members.at[member, "seed"])
    task, longest = spec.task, _longest(result)
    if isinstance(task, PfnRegression):

        def of_points(x: np.ndarray, y: np.ndarray, q: np.ndarray) -> np.ndarray:
            return of_set(spec, params, x, y, q, room)

        return Predictor(task.output, seed, of_points, None)
    room = min(room, longest or room)

    def causal(x: np.ndarray, y: np.ndarray, q: np.ndarray) -> np.ndarray:
        # In training inputs come in no order, so a context in order would be a new situation.
        order = np.random.default_rng(0).permutation(x.shape[1])
        return at_queries(spec, params, x[:, order], y[:, order], q, (x.shape[1],), room)[0]

    return Predictor("causal", seed, causal, longest)
