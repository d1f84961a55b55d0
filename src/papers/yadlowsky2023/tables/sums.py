"""The counter-replication: networks on line plus sine, against exact Bayes."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from papers.yadlowsky2023.spec import PfnRegression
from papers.yadlowsky2023.tables.networks import Params, at_queries, of_set
from papers.yadlowsky2023.theory.blends import blend
from papers.yadlowsky2023.theory.class_average import average, class_probabilities
from papers.yadlowsky2023.theory.curve_bayes import mueller_classes
from reprise.results import Inputs, RunResult, member_spec, snapshot
from reprise.training.progress import counted, done, expect

Predictor = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""From contexts x, y [prompt, n] and queries [prompt, query] to predictions [prompt, query]."""

KINDS = ("equispaced", "random", "noisy")
AMPLITUDE = 0.2
NOISE = 0.1
"""Of labels in training, which exact Bayes assumes."""


def sweep(inputs: Inputs) -> pd.DataFrame:
    """Every network and exact Bayes on sums, for every slope, n and kind of context.

    ``model``, ``kind``, ``slope``, ``n``, ``mse``, ``nmse`` (over the variance of the one
    function), ``single`` (the error of the nearest line or sine of the training classes, fitted to
    the function), and medians over contexts of the coefficients ``c_lin`` (a slope; truth:
    ``slope``) and ``c_sin`` (an amplitude; truth .2) with quartiles; ``p_sine`` for bayes.
    """
    (data,) = inputs.datasets.values()
    parts = []
    every = predictors(inputs.runs, max(_lengths(data)))
    for name, (predict, longest) in counted(every.items(), "networks"):
        parts += _rows(name, predict, data, longest)
    parts += _rows("bayes", bayes, data, None)
    return pd.DataFrame(parts)


def steps(inputs: Inputs) -> pd.DataFrame:
    """As ``sweep``, equispaced contexts, at every snapshot (``step``) of the networks."""
    (data,) = inputs.datasets.values()
    room, parts = max(_lengths(data)), []
    expect(sum(len(r.members) * len(r.snapshot_steps) for r in inputs.runs.values()), "snapshots")
    for result in inputs.runs.values():
        for member in result.members.index:
            for place, step in enumerate(result.snapshot_steps):
                done()
                if step == 0:
                    continue
                name, predict = _predictor(result, member, snapshot(result, member, place), room)
                rows = _rows(name, predict, data, _longest(result), KINDS[:1])
                parts += [one | {"step": int(step)} for one in rows]
    return pd.DataFrame(parts)


def draws(inputs: Inputs) -> pd.DataFrame:
    """Random noisy prompts: ``model``, ``kind`` (line, sine, sum), ``n``, ``mse``, ``nmse``.

    ``nmse`` is over the variance of f over draws and queries, ``single`` as in ``sweep``. Params:
    ``examples``.
    """
    (data,) = inputs.datasets.values()
    examples = [int(n) for n in inputs.params["examples"]]
    every: dict[str, tuple[Predictor, int | None]] = predictors(inputs.runs, max(examples))
    every["bayes"] = (bayes, None)
    parts = []
    expect(3 * len(examples), "contexts")
    for kind in ("line", "sine", "sum"):
        target = data[f"{kind}_query_y"]
        query = np.broadcast_to(data["query_x"], target.shape)
        single = float(nearest(data["query_x"], target).mean())
        for n in examples:
            x, y = data[f"{kind}_x"][:, :n], data[f"{kind}_y"][:, :n]
            for name, (predict, longest) in every.items():
                if longest is None or n <= longest:
                    mse = float(((predict(x, y, query) - target) ** 2).mean())
                    parts.append(
                        {"model": name, "kind": kind, "n": n, "mse": mse}
                        | {"nmse": mse / float(np.var(target)), "single": single}
                    )
            done()
    return pd.DataFrame(parts)


def predictors(runs: Mapping[str, RunResult], room: int) -> dict[str, tuple[Predictor, int | None]]:
    """Name -> a trained network and the most examples it can take (None: any number).

    Contexts of at most ``room`` examples share a compiled pass.
    """
    return {
        name: (predict, _longest(result))
        for result in runs.values()
        for member in result.members.index
        for name, predict in [_predictor(result, member, result.params[member], room)]
    }


def bayes(x: np.ndarray, y: np.ndarray, query_x: np.ndarray) -> np.ndarray:
    """The exact posterior mean under the two classes, equally likely."""
    return exact(x, y, query_x)[0]


def exact(x: np.ndarray, y: np.ndarray, query_x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Exact posterior means [prompt, query] and posterior probabilities of the sine [prompt]."""
    classes = mueller_classes(x, y, query_x, NOISE)
    priors = dict.fromkeys(classes, 0.5)
    return average(classes, priors), class_probabilities(classes, priors)["sine"][:, 0]


def nearest(x: np.ndarray, f: np.ndarray) -> np.ndarray:
    """Squared errors [prompt] of the better of b + m x and c + .2 sin(3 pi x), fitted to f."""
    centred = x - x.mean()
    rest = f - f.mean(axis=1, keepdims=True)
    slope = rest @ centred / (centred @ centred)
    line = ((rest - slope[:, None] * centred) ** 2).mean(axis=1)
    wave = AMPLITUDE * np.sin(3 * np.pi * x)
    sine = ((rest - (wave - wave.mean())) ** 2).mean(axis=1)
    return np.minimum(line, sine)


def _rows(
    name: str,
    predict: Predictor,
    data: Mapping[str, np.ndarray],
    longest: int | None,
    kinds: tuple[str, ...] = KINDS,
) -> list[dict[str, object]]:
    slopes, q = data["slope"], data["query_x"]
    target = slopes[:, None] * data["line"] + AMPLITUDE * data["sine"]
    single = nearest(q, target)
    found = []
    for n in _lengths(data):
        if longest and n > longest:
            continue
        # All kinds of context at once: prompts side by side, [slope, draw of any kind, pair].
        draws = [data[f"{kind}_{n}_x"].shape[1] for kind in kinds]
        x, y = (np.concatenate([data[f"{k}_{n}_{axis}"] for k in kinds], 1) for axis in "xy")
        flat = x.reshape(-1, n), y.reshape(-1, n)
        query = np.broadcast_to(q, (len(flat[0]), len(q)))
        if name == "bayes":
            found_at, p_sine = exact(*flat, query)
        else:
            found_at, p_sine = predict(*flat, query), np.full(len(query), np.nan)
        made, p_sine = found_at.reshape(*x.shape[:2], -1), p_sine.reshape(x.shape[:2])
        ends = np.cumsum(draws)[:-1]
        parts = zip(kinds, np.split(made, ends, 1), np.split(p_sine, ends, 1), strict=True)
        for kind, of_kind, p in parts:
            for i, slope in enumerate(slopes):
                mse = float(((of_kind[i] - target[i]) ** 2).mean())
                row = {
                    "model": name,
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
    quartiles = np.quantile(both, (0.25, 0.5, 0.75), axis=0)
    return {
        name + end: float(quartiles[row, place])
        for place, name in enumerate(("c_lin", "c_sin"))
        for row, end in enumerate(("_q1", "", "_q3"))
    }


def _longest(result: RunResult) -> int | None:
    """A causal network has a position for every token; a set encoder takes any number."""
    if result.spec.task.name != "function_mixture":
        return None
    return len(result.params[0]["positions"]) // 2 - 1


def _predictor(result: RunResult, member: int, params: Params, room: int) -> tuple[str, Predictor]:
    spec = member_spec(result, member)
    task = spec.task
    if isinstance(task, PfnRegression):
        return task.output, lambda x, y, q: of_set(spec, params, x, y, q, room)
    room = min(room, _longest(result) or room)

    def causal(x: np.ndarray, y: np.ndarray, q: np.ndarray) -> np.ndarray:
        # In training inputs come in no order, so a context in order would be a new situation.
        order = np.random.default_rng(0).permutation(x.shape[1])
        return at_queries(spec, params, x[:, order], y[:, order], q, (x.shape[1],), room)[0]

    return "causal", causal
