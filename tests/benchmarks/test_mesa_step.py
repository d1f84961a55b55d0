"""Both sides of the mesa benchmark compute the same."""

import jax
import numpy as np
import pytest
from benchmarks.mesa_step import known_answers, layer_call, step_call
from safetensors.numpy import load_file

SMALL = {"batch": 2, "tokens": 7}


def test_the_sides_have_the_same_gradients_of_the_layer():
    plain, ours = (layer_call(side, SMALL)() for side in ("plain", "ours"))
    for one, two in zip(plain[:3], ours[:3], strict=True):
        found = np.asarray(two).transpose(3, 2, 0, 1)
        np.testing.assert_allclose(found, one, rtol=1e-4, atol=1e-4)
        assert np.abs(one).max() > 0.1
    np.testing.assert_allclose(ours[3], plain[3], rtol=1e-4)


@pytest.mark.parametrize("layers", [["linear"] * 2, ["mesa"]])
def test_the_sides_take_the_same_step(layers):
    plain, ours = (step_call(side, SMALL | {"layers": layers})() for side in ("plain", "ours"))
    np.testing.assert_allclose(ours[0], plain[0], rtol=1e-5)
    moments = zip(jax.tree.leaves(plain[2]), jax.tree.leaves(ours[2]), strict=True)
    for one, two in moments:
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-6)


def test_the_answers_that_the_public_layer_must_give_are_those_of_direct_solves(tmp_path):
    known_answers({"tokens": 6}, tmp_path / "known")
    known = load_file(tmp_path / "known")
    q, k, v = (known[name].astype(float) for name in "qkv")  # batch, token, head, feature
    for t in range(6):
        keys, values = k[:, : t + 1], v[:, : t + 1]
        inner = np.einsum("bthi,bthj->bhij", keys, keys) + np.eye(20) / known["lambda"][0]
        weights = np.linalg.solve(inner, np.einsum("bthi,bthj->bhij", keys, values))
        answer = np.einsum("bhij,bhi->bhj", weights, q[:, t])
        np.testing.assert_allclose(known["answer"][:, t], answer, atol=1e-5)
        assert np.abs(answer).max() > 0.1
