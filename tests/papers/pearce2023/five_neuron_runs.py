"""Made-up runs of the five-neuron network: exact and bent pentagons."""

import numpy as np
import pandas as pd
from main_tables import REFERENCE
from modular_runs import course, run

from papers.pearce2023.tables import five_neuron
from reprise.results import Inputs

STEPS, EVERY = 1000, 100
ORDER = np.array([3, 0, 4, 1, 2])


def projections(in_degrees, out_degrees, norms=(1, 1, 1, 1, 1)):
    """Stacks of W_in_proj [snapshot, 2, 5] and W_out_proj [snapshot, 5, 2], constant over time."""

    def vectors(degrees):
        angle = np.deg2rad(degrees)
        points = np.asarray(norms)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return np.repeat(points[None], STEPS // EVERY + 1, axis=0)

    return {
        "W_in_proj": np.swapaxes(vectors(in_degrees), 1, 2),
        "W_out_proj": vectors(out_degrees),
    }


def pentagons():
    """Seed 86 never learns; 3 learns a bent pentagon, 4 an exact one, out at twice the angle in."""
    pentagon = 10 + 72.0 * ORDER
    bent = pentagon + np.array([0, 0, 6, 0, 0])
    failing = course(STEPS, EVERY, 0.05, test_accuracy=[(0, 0.0), (1000, 0.2)], train_accuracy=0.3)
    learning = course(
        STEPS,
        EVERY,
        test_loss=1.02e-2,
        train_loss=1e-2,
        test_accuracy=[(0, 0.0), (600, 1.0)],
        train_accuracy=[(0, 0.04), (600, 1.0)],
    )
    return run(
        seeds=[86, 3, 4],
        courses=[failing, learning, learning],
        views=[
            projections(np.zeros(5), np.zeros(5)),
            projections(bent, 2 * pentagon, norms=(1, 1, 1, 1, 2)),
            projections(pentagon, 2 * pentagon),
        ],
        steps=STEPS,
        every=EVERY,
    )


def tables_of(result):
    """Every table of the five-neuron network."""
    inputs = Inputs(runs={"five_neuron": result}, params={"steps": [0, 1000]})
    known = Inputs(reference={"accuracy": pd.read_csv(REFERENCE / "five_neuron_accuracy.csv")})
    return {
        "five_neuron_published": five_neuron.published(known),
        "five_neuron_course": five_neuron.learning_curves(inputs),
        "five_neuron_summary": five_neuron.five_neuron_summary(inputs),
        "five_neuron_weights": five_neuron.weights(inputs),
    }
