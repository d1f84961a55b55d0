"""Made-up runs of the small networks that memorise after generalising, and their tables."""

import numpy as np
from modular_runs import course, run, waves

from papers.pearce2023.tables import generalise_again, reverse
from reprise.results import Inputs

STEPS, EVERY = 20_000, 500
SNAPSHOTS = STEPS // EVERY + 1
FREQUENCIES = np.array([4, 9] * 5)
PHASES = np.linspace(-3, 3, 10)
EARLY_MINIMUM = [(0, 0.06), (2_000, 3e-3), (4_000, 6e-3)]


def reversed_run():
    """Seed 68 turns late, seed 0 rises little, seed 1 memorises after generalising."""
    falling = [(0, 0.06), (20_000, 1e-8)]
    late = course(STEPS, EVERY, [(0, 0.06), (15_000, 1e-3), (20_000, 1e-1)], falling)
    slight = course(STEPS, EVERY, [(0, 0.06), (5_000, 1e-2), (20_000, 3e-2)], falling)
    turning = course(
        STEPS,
        EVERY,
        [(0, 0.06), (5_000, 1e-2), (20_000, 8e-2)],
        falling,
        test_accuracy=[(0, 0.0), (5_000, 0.85), (20_000, 0.75)],
    )
    views = waves(SNAPSHOTS, FREQUENCIES, PHASES, growth=41)
    return run([68, 0, 1], [late, slight, turning], [views] * 3, STEPS, EVERY)


def reverse_tables(result):
    inputs = Inputs(runs={"reverse": result}, params={"steps": [0, 20_000]})
    return {
        "reverse_course": reverse.learning_curves(inputs),
        "reverse_summary": reverse.reverse_summary(inputs),
        "reverse_weights": reverse.weights(inputs),
    }


def generalise_again_tables():
    """Tables of seeds with one phase, three and three."""
    accuracy = [(0, 0.9), (19_500, 0.9), (20_000, 1.0)]
    one = course(STEPS, EVERY, [(0, 0.06), (2_000, 3e-3), (20_000, 1e-6)], test_accuracy=accuracy)
    all_three = course(STEPS, EVERY, [*EARLY_MINIMUM, (20_000, 1e-6)], test_accuracy=accuracy)
    views = waves(SNAPSHOTS, FREQUENCIES, PHASES)
    result = run([0, 1, 2], [one, all_three, all_three], [views] * 3, STEPS, EVERY)
    inputs = Inputs(runs={"gmg": result}, params={"steps": [0, 20_000]})
    return {
        "gmg_course": generalise_again.learning_curves(inputs),
        "gmg_summary": generalise_again.generalise_again_summary(inputs),
        "gmg_weights": generalise_again.weights(inputs),
    }
