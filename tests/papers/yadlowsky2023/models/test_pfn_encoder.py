"""The encoder of point sets: function, what queries may see, outputs of both kinds."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import transformer_reference as reference
from flax import nnx

from papers.yadlowsky2023.models import pfn_encoder
from papers.yadlowsky2023.spec import PFNEncoder, PfnRegression
from papers.yadlowsky2023.tasks import pfn_regression

SPEC = PFNEncoder(name="pfn_encoder", layers=2, heads=2, width=8, mlp_ratio=2)


def task(**changes):
    return PfnRegression.model_validate(
        {
            "name": "pfn_regression",
            "classes": {"line": {"kind": "line"}},
            "weights": {"line": 1.0},
            "batch_size": 5,
            "points": 7,
            "queries": 4,
            "output": "mean",
        }
        | changes
    )


def build(key=0, dtype="float32", **changes):
    return pfn_encoder.build(SPEC, task(**changes), jax.random.key(key), dtype)


@functools.cache
def batch():
    sample = jax.jit(pfn_regression.sample, static_argnums=0)
    return jax.tree.map(np.asarray, sample(task(), jax.random.key(0))["x"])


def test_outputs_are_those_of_a_plain_transformer():
    with jax.enable_x64(True):
        network = build(dtype="float64")
        graph, state = nnx.split(network)
        rng = np.random.default_rng(5)
        values = jax.tree.map(
            lambda x: np.asarray(x) + 0.2 * rng.normal(size=x.shape), nnx.to_pure_dict(state)
        )
        nnx.replace_by_pure_dict(state, jax.tree.map(jnp.asarray, values))
        x = {name: np.array(value, float) for name, value in batch().items()}
        x["context_mask"] = x["context_mask"] > 0
        x["context_mask"][0] = False
        found = np.asarray(jax.jit(nnx.merge(graph, state))(x))
        for row in range(5):
            seen = np.flatnonzero(x["context_mask"][row]).tolist()
            h = [
                reference.linear([a], values["read_x"]) + reference.linear([b], values["read_y"])
                for a, b in zip(x["context_x"][row], x["context_y"][row], strict=True)
            ] + [reference.linear([a], values["read_x"]) for a in x["query_x"][row]]
            parts = [values["blocks"][n] for n in sorted(values["blocks"])]
            h = reference.blocks(np.array(h), parts, 2, [seen] * 10)
            out = [
                reference.linear(reference.norm(r, values["norm"]), values["read_out"])[0]
                for r in h
            ]
            np.testing.assert_allclose(found[row], out[6:], rtol=0, atol=1e-12)


def test_queries_see_the_context_and_not_one_another():
    network, x = jax.jit(build()), batch()
    base = np.asarray(network(x))
    moved = np.asarray(network(x | {"query_x": x["query_x"] + np.eye(4, dtype=np.float32)[0]}))
    assert (base[:, 0] != moved[:, 0]).all()
    np.testing.assert_allclose(base[:, 1:], moved[:, 1:], rtol=0, atol=1e-7)
    hidden = np.asarray(network(x | {"context_y": x["context_y"] + ~x["context_mask"]}))
    np.testing.assert_allclose(base, hidden, rtol=0, atol=1e-7)


def test_the_order_of_the_context_does_not_matter():
    network, x = jax.jit(build()), batch()
    turned = {name: v[:, ::-1] if name.startswith("context") else v for name, v in x.items()}
    np.testing.assert_allclose(network(x), network(turned), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("output", "shape"), [("mean", (5, 4)), ("histogram", (5, 4, 50))])
def test_outputs_are_what_the_task_takes(output, shape):
    given = task(output=output, bins=50)
    network = build(output=output, bins=50)

    @jax.jit
    def answered(key):
        fresh = pfn_regression.sample(given, key)
        outputs = network(fresh["x"])
        return outputs, pfn_regression.loss(given, outputs, fresh)

    outputs, loss = answered(jax.random.key(3))
    assert outputs.shape == shape
    assert np.isfinite(loss)


def test_views_show_what_is_read_and_written():
    shown = pfn_encoder.views(build(output="histogram", bins=50))
    assert {name: value.shape for name, value in shown.items()} == {
        "W_read_x": (8,),
        "W_read_y": (8,),
        "W_read_out": (8, 50),
    }
