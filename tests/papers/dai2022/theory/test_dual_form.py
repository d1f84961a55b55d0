"""The dual form in double precision: every identity of the paper against its definition."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from papers.dai2022.theory import dual_form

RNG = np.random.default_rng(0)


def test_errors_make_the_update_by_outer_products() -> None:
    errors, inputs, x = RNG.normal(size=(6, 3)), RNG.normal(size=(6, 4)), RNG.normal(size=4)
    update = sum(np.outer(e, x_i) for e, x_i in zip(errors, inputs, strict=True))
    np.testing.assert_allclose(dual_form.outer_update(errors, inputs), update, atol=1e-14)
    attended = dual_form.linear_attention(errors, inputs, x)
    np.testing.assert_allclose(attended, update @ x, atol=1e-14)


def test_relaxed_attention_is_changed_weights() -> None:
    w_k, w_v = RNG.normal(size=(2, 3, 5))
    own, demos, query = RNG.normal(size=(4, 5)), RNG.normal(size=(6, 5)), RNG.normal(size=3)
    both = np.concatenate([demos, own])
    whole = sum(w_v @ x * (w_k @ x @ query) for x in both)
    update = dual_form.outer_update(demos @ w_v.T, demos @ w_k.T)
    found = (dual_form.zero_shot_weights(w_k, w_v, own) + update) @ query
    np.testing.assert_allclose(found, whole, atol=1e-12)


def test_finetuned_attention_is_changed_weights() -> None:
    w_k, w_v, change_k, change_v = RNG.normal(size=(4, 3, 5))
    x = RNG.normal(size=(4, 5))
    found = dual_form.zero_shot_weights(w_k, w_v, x) + dual_form.finetuning_update(
        w_k, w_v, change_k, change_v, x
    )
    tuned = (w_v + change_v) @ x.T @ x @ (w_k + change_k).T
    np.testing.assert_allclose(found, tuned, atol=1e-12)


@pytest.mark.parametrize("loss", ["squared", "cross-entropy"])
def test_descent_is_attention_over_its_own_errors(loss: str) -> None:
    """Errors by the derivatives of either loss, each at the weights of its own step."""

    def squared(output: jax.Array, target: jax.Array) -> jax.Array:
        return ((output - target) ** 2).sum() / 2

    def entropy(output: jax.Array, target: jax.Array) -> jax.Array:
        return jax.nn.logsumexp(output) - output @ target

    weights, inputs, x = RNG.normal(size=(3, 4)), RNG.normal(size=(7, 4)), RNG.normal(size=4)
    targets = np.eye(3)[RNG.integers(0, 3, 7)]
    function = squared if loss == "squared" else entropy
    with jax.enable_x64(True):
        arrays = [jnp.asarray(array) for array in (weights, inputs, targets)]
        found = dual_form.descend(arrays[0], arrays[1], arrays[2], function, 0.1)
        trained, errors = (np.asarray(array) for array in found)
    now, expected = weights.copy(), []
    for x_i, target in zip(inputs, targets, strict=True):
        output = now @ x_i
        share = output if loss == "squared" else np.exp(output) / np.exp(output).sum()
        expected.append(-0.1 * (share - target))
        now += np.outer(expected[-1], x_i)
    np.testing.assert_allclose(errors, expected, atol=1e-14)
    np.testing.assert_allclose(trained, now, atol=1e-14)
    dual = weights @ x + dual_form.linear_attention(errors, inputs, x)
    np.testing.assert_allclose(trained @ x, dual, atol=1e-14)
