"""Forward passes of trained networks: against the networks' own, one sequence at a time."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from untrained_paper import PAPER, run

from papers.yadlowsky2023.tables import networks
from papers.yadlowsky2023.tasks.function_mixture import tokens
from reprise.results import member_spec, snapshot
from reprise.training.network import network


@pytest.fixture(scope="module")
def curves():
    return run(PAPER.runs["curves"])


@pytest.fixture(scope="module")
def sets():
    return run(PAPER.runs["sums_set"])


def test_at_positions_is_the_networks_own_forward_pass(curves):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 5, 9))
    net = jax.jit(network(curves.spec, curves.params[0]))
    own = net(jnp.asarray(tokens(x[..., None], y), jnp.float32))
    found = networks.at_positions(curves.spec, curves.params[0], x, y)
    np.testing.assert_allclose(found, np.asarray(own), atol=1e-5)


def test_queries_see_their_context_and_not_each_other(curves):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 4, 6))
    query = rng.normal(size=(4, 3))
    net = jax.jit(network(curves.spec, curves.params[0]))
    found = networks.at_queries(curves.spec, curves.params[0], x, y, query, (2, 6))
    assert found.shape == (2, 4, 3)
    for place, n in enumerate((2, 6)):
        asked = [
            tokens(np.append(x[i, :n], q)[None, :, None], np.append(y[i, :n], 0.0)[None])
            for i in range(4)
            for q in query[i]
        ]
        own = np.asarray(net(jnp.asarray(np.concatenate(asked), jnp.float32)))[:, -1].reshape(4, 3)
        np.testing.assert_allclose(found[place], own, atol=1e-5)
    assert np.ptp(found) > 0.01


def test_room_for_more_pairs_changes_nothing(curves, sets):
    x, y = np.random.default_rng(4).normal(size=(2, 3, 4))
    for predict, result, asked in (
        (networks.at_queries, curves, ((4,),)),
        (networks.of_set, sets, ()),
    ):
        given = result.spec, result.params[0], x, y, x[:, :2], *asked
        np.testing.assert_allclose(predict(*given, room=6), predict(*given), atol=1e-5)


def test_members_have_their_own_outputs(sets):
    result = sets
    outputs = [member_spec(result, m).task.output for m in result.members.index]
    assert outputs == ["histogram", "mean"]
    x, y = np.random.default_rng(2).normal(size=(2, 3, 4))
    for member in result.members.index:
        spec = member_spec(result, member)
        made = networks.of_set(spec, result.params[member], x, y, x[:, :2])
        last = snapshot(result, member, 1)
        assert made.shape == (3, 2)
        np.testing.assert_array_equal(made, networks.of_set(spec, last, x, y, x[:, :2]))


def test_more_examples_than_positions_are_refused(curves):
    x, y = np.random.default_rng(3).normal(size=(2, 2, 40))
    most = len(curves.params[0]["positions"]) // 2 - 1
    with pytest.raises(ValueError, match=f"40 examples are too many.* at most {most}"):
        networks.at_queries(curves.spec, curves.params[0], x, y, x[:, :1], (40,))
