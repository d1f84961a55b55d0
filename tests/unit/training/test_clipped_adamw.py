"""AdamW on clipped gradients, against its definition."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError

from reprise.specs.optimizers import ClippedAdamW
from reprise.training.optimizers import hyperparameters, make_optimizer


def changes(spec: ClippedAdamW, gradients: list[np.ndarray], updates: int) -> list[np.ndarray]:
    hyper = {name: jnp.float64(value) for name, value in hyperparameters(spec).items()}
    made = make_optimizer(spec, hyper, updates)
    params = jnp.ones(len(gradients[0]))
    state, found = made.init(params), []
    for gradient in gradients:
        change, state = made.update(jnp.asarray(gradient), state, params)
        found.append(np.asarray(change))
    return found


@pytest.fixture(autouse=True)
def doubles():
    with jax.enable_x64(True):
        yield


def test_numbers_beyond_the_bound_count_as_the_bound() -> None:
    spec = ClippedAdamW(name="clipped_adamw", learning_rate=0.1, weight_decay=0.5, clip_value=1.0)
    first, second = changes(spec, [np.array([3.0, 0.5]), np.array([-8.0, 0.5])], 10)
    g1, g2 = np.array([1.0, 0.5]), np.array([-1.0, 0.5])
    np.testing.assert_allclose(first, -0.1 * (g1 / (np.abs(g1) + 1e-8) + 0.5), rtol=1e-9)
    mean = (0.9 * 0.1 * g1 + 0.1 * g2) / (1 - 0.9**2)
    square = (0.999 * 0.001 * g1**2 + 0.001 * g2**2) / (1 - 0.999**2)
    np.testing.assert_allclose(second, -0.1 * (mean / (np.sqrt(square) + 1e-8) + 0.5), rtol=1e-9)


def test_the_cosine_ends_at_the_horizon_and_not_at_the_last_step() -> None:
    schedule = {"kind": "cosine", "warmup_steps": 2, "final_fraction": 0.1}
    values = {"name": "clipped_adamw", "learning_rate": 1.0, "schedule": schedule, "horizon": 6}
    spec = ClippedAdamW.model_validate(values)
    found = changes(spec, [np.array([1.0])] * 9, 4)
    cosine = [0.1 + 0.9 * (1 + np.cos(np.pi * n / 4)) / 2 for n in range(5)]
    expected = [0.0, 0.5, *cosine, 0.1, 0.1]
    np.testing.assert_allclose([-change[0] for change in found], expected, atol=1e-7)


def test_a_horizon_within_the_rise_names_the_nearest() -> None:
    values = {"name": "clipped_adamw", "learning_rate": 1.0, "horizon": 5}
    with pytest.raises(ValidationError, match=r"above schedule.warmup_steps=5.*nearest: 6"):
        ClippedAdamW.model_validate({**values, "schedule": {"kind": "cosine", "warmup_steps": 5}})
