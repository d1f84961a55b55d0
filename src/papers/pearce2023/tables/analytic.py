"""Tables of the constructed solution (F9, A1-A6 of Pearce et al. 2023). Nothing is trained."""

import numpy as np
import pandas as pd

from papers.pearce2023.theory import circular_addition as circle
from reprise.results import Inputs

PROVEN_ABOVE = 4
"""The proof for the square activation asks for more neurons than this (appendix A)."""


def embedding(inputs: Inputs) -> pd.DataFrame:
    """The circular embedding (F9): ``number``, ``cos``, ``sin``. Param: ``modulus``."""
    rows = circle.embedding(inputs.params["modulus"])
    return pd.DataFrame({"number": range(len(rows)), "cos": rows[:, 0], "sin": rows[:, 1]})


def linear_examples(inputs: Inputs) -> pd.DataFrame:
    """Example pairs read off the half-step circle (A1), one row each.

    ``a``, ``b``, ``target``, the mean point ``mean_x``, ``mean_y``, and the ``answer``.
    Params: ``modulus``, ``pairs`` [[a, b], ...].
    """
    modulus = inputs.params["modulus"]
    a, b = np.asarray(inputs.params["pairs"]).T
    mean = circle.mean_points(a, b, modulus)
    return pd.DataFrame(
        {
            "a": a,
            "b": b,
            "target": (a + b) % modulus,
            "mean_x": mean[:, 0],
            "mean_y": mean[:, 1],
            "answer": circle.read_half_steps(mean, modulus),
        }
    )


def linear_accuracy(inputs: Inputs) -> pd.DataFrame:
    """Share of all M * M pairs that the linear construction adds rightly (A1), one row per modulus.

    ``opposite`` is the share of pairs with a - b = M / 2, whose mean point vanishes, and
    ``only_opposite_fail`` whether exactly those fail. Params: ``smallest``, ``largest``.
    """
    rows = []
    for modulus in range(inputs.params["smallest"], inputs.params["largest"] + 1):
        a, b = circle.all_pairs(modulus)
        mean = circle.mean_points(a, b, modulus)
        right = circle.read_half_steps(mean, modulus) == (a + b) % modulus
        opposite = 2 * ((a - b) % modulus) == modulus
        rows.append((modulus, right.mean(), opposite.mean(), bool((right != opposite).all())))
    return pd.DataFrame(rows, columns=["modulus", "accuracy", "opposite", "only_opposite_fail"])


def projection_examples(inputs: Inputs) -> pd.DataFrame:
    """Example pairs added by N ReLU neurons (A2), one row per pair and neuron.

    ``a``, ``b``, ``target``, ``answer``, the mean point and summed output (``mean_x`` ...,
    ``output_x`` ...), and per ``neuron`` its directions and ``activation``.
    Params: ``modulus``, ``neurons``, ``rotation`` (radians), ``pairs``.
    """
    modulus, neurons, rotation = (inputs.params[k] for k in ("modulus", "neurons", "rotation"))
    a, b = np.asarray(inputs.params["pairs"]).T
    mean = circle.mean_points(a, b, modulus)
    output = circle.outputs(mean, neurons, rotation)
    inward = circle.in_directions(neurons, rotation)
    outward = circle.out_directions(neurons, rotation)
    pair, neuron = np.divmod(np.arange(len(a) * neurons), neurons)
    return pd.DataFrame(
        {
            "a": a[pair],
            "b": b[pair],
            "target": (a + b)[pair] % modulus,
            "answer": circle.read_numbers(output, modulus)[pair],
            "mean_x": mean[pair, 0],
            "mean_y": mean[pair, 1],
            "output_x": output[pair, 0],
            "output_y": output[pair, 1],
            "neuron": neuron,
            "in_x": inward[neuron, 0],
            "in_y": inward[neuron, 1],
            "out_x": outward[neuron, 0],
            "out_y": outward[neuron, 1],
            "activation": circle.relu(mean @ inward.T).ravel(),
        }
    )


def every_output(inputs: Inputs) -> pd.DataFrame:
    """Outputs of all M inputs a = b for several N (A3, A4), one row per N and number.

    ``x``, ``y`` is the summed output; ``target`` is 2a wrapped to within M / 2 of zero and
    ``error`` the output's angle less the target, both in units of one number.
    Params: ``modulus``, ``neurons`` [N, ...], ``rotation``.
    """
    modulus, rotation = inputs.params["modulus"], inputs.params["rotation"]
    return pd.concat(
        [_outputs(neurons, modulus, rotation) for neurons in inputs.params["neurons"]],
        ignore_index=True,
    )


def _outputs(neurons: int, modulus: int, rotation: float) -> pd.DataFrame:
    number = np.arange(modulus)
    output = circle.outputs(circle.embedding(modulus), neurons, rotation)
    error = circle.half_step_errors(neurons, modulus, rotation)[::2]
    target = 2 * number % modulus
    return pd.DataFrame(
        {
            "neurons": neurons,
            "modulus": modulus,
            "number": number,
            "x": output[:, 0],
            "y": output[:, 1],
            "target": np.where(target > modulus / 2, target - modulus, target),
            "error": error,
            "right": np.abs(error) < 0.5,
        }
    )


def moduli_examples(inputs: Inputs) -> pd.DataFrame:
    """``every_output`` for one N; several M (A5). Params: ``moduli``, ``neurons``, ``rotation``."""
    neurons, rotation = inputs.params["neurons"], inputs.params["rotation"]
    return pd.concat(
        [_outputs(neurons, modulus, rotation) for modulus in inputs.params["moduli"]],
        ignore_index=True,
    )


def neurons_by_modulus(inputs: Inputs) -> pd.DataFrame:
    """Largest absolute error in numbers (A5): ``neurons``, ``modulus``, ``max_error``.

    Over all pairs whose mean point does not vanish. Params: ``neurons`` [N, ...], ``smallest``,
    ``largest`` (of M), ``rotation``.
    """
    moduli = range(inputs.params["smallest"], inputs.params["largest"] + 1)
    rows = [
        (n, m, np.abs(circle.half_step_errors(n, m, inputs.params["rotation"])).max())
        for n in inputs.params["neurons"]
        for m in moduli
    ]
    return pd.DataFrame(rows, columns=["neurons", "modulus", "max_error"])


def square_logits(inputs: Inputs) -> pd.DataFrame:
    """Logits of one pair with a square activation, divided by N / 4, beside the formula (A6).

    One row per ``neurons`` and candidate ``c``. Params: ``modulus``, ``neurons`` [N, ...],
    ``rotation``, ``pair`` [a, b].
    """
    modulus = inputs.params["modulus"]
    a, b = (np.asarray(x) for x in inputs.params["pair"])
    mean = circle.mean_points(a, b, modulus)
    parts = []
    for neurons in inputs.params["neurons"]:
        output = circle.outputs(mean, neurons, inputs.params["rotation"], np.square)
        parts.append(
            pd.DataFrame(
                {
                    "neurons": neurons,
                    "c": range(modulus),
                    "logit": circle.logits(output, modulus) * 4 / neurons,
                    "formula": circle.square_formula(a, b, modulus),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def square_checks(inputs: Inputs) -> pd.DataFrame:
    """Per ``neurons``, ``accuracy`` and largest ``formula_error`` of all pairs and candidates (A6).

    ``proven``: the proof covers that N. Params: ``modulus``, ``neurons`` [N, ...], ``rotation``.
    """
    modulus, rotation = inputs.params["modulus"], inputs.params["rotation"]
    a, b = circle.all_pairs(modulus)
    mean, formula = circle.mean_points(a, b, modulus), circle.square_formula(a, b, modulus)
    rows = []
    for n in inputs.params["neurons"]:
        logits = circle.logits(circle.outputs(mean, n, rotation, np.square), modulus) * 4 / n
        accuracy = circle.accuracy(n, modulus, rotation, np.square)
        rows.append((n, n > PROVEN_ABOVE, accuracy, np.abs(logits - formula).max()))
    return pd.DataFrame(rows, columns=["neurons", "proven", "accuracy", "formula_error"])
