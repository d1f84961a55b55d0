"""Numbers that the claims about the constructed solution read (F9, A1-A6 of Pearce et al. 2023)."""

import numpy as np
import pandas as pd

from papers.pearce2023.theory import circular_addition as circle
from reprise.results import Inputs

Row = tuple[str, int, int, float]


def analytic_summary(inputs: Inputs) -> pd.DataFrame:
    """Long form ``quantity``, ``neurons``, ``modulus``, ``value``; 0 where N or M does not apply.

    Tables: ``circle_embedding``, ``linear_accuracy``, ``square_checks``. Params: ``modulus``,
    ``rotation``, ``neurons`` [N, ...], ``smallest`` and ``largest`` M tried.
    """
    modulus = inputs.params["modulus"]
    rows = [
        *_embedding_rows(inputs.tables["circle_embedding"]),
        *_linear_rows(inputs.tables["linear_accuracy"]),
        *_relu_rows(**inputs.params),
    ]
    for check in inputs.tables["square_checks"].itertuples():
        rows.append(("square_accuracy", check.neurons, modulus, check.accuracy))
        rows.append(("square_formula_error", check.neurons, modulus, check.formula_error))
    return pd.DataFrame(rows, columns=["quantity", "neurons", "modulus", "value"])


def _embedding_rows(table: pd.DataFrame) -> list[Row]:
    # Turning each point by 2 pi / M must give the next, which uses no formula of the embedding.
    points = table["cos"].to_numpy() + 1j * table["sin"].to_numpy()
    turned = points * np.exp(2j * np.pi / len(points))
    error = max(abs(points[0] - 1), np.abs(np.roll(points, -1) - turned).max())
    return [("embedding_error", 0, len(points), float(error))]


def _linear_rows(table: pd.DataFrame) -> list[Row]:
    odd = table[table["modulus"] % 2 == 1]
    even = table[table["modulus"] % 2 == 0]
    return [
        ("linear_odd_accuracy_min", 0, 0, float(odd["accuracy"].min())),
        ("linear_even_accuracy_max", 0, 0, float(even["accuracy"].max())),
        ("linear_even_fails_only_opposite", 0, 0, float(even["only_opposite_fail"].all())),
    ]


def _relu_rows(
    *, modulus: int, rotation: float, neurons: list[int], smallest: int, largest: int
) -> list[Row]:
    rows: list[Row] = []
    worst = {}
    for n in neurons:
        worst[n] = float(np.abs(circle.half_step_errors(n, modulus, rotation)).max())
        perfect = circle.largest_perfect_modulus(n, largest, smallest, rotation)
        rows.append(("max_error", n, modulus, worst[n]))
        rows.append(("accuracy", n, modulus, circle.accuracy(n, modulus, rotation)))
        rows.append(("largest_perfect_modulus", n, 0, float(perfect)))
    odd = [n for n in neurons if n % 2 and n + 1 in worst and n >= 5]
    ratio = max(worst[n] / worst[n + 1] for n in odd)
    return [*rows, ("odd_to_even_error_max", 0, modulus, ratio)]
