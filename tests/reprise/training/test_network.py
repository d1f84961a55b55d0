"""A network from stored parameters computes what the trained one computed."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from training_jobs import MODULAR, PARITY, Nowhere, job

from papers.pearce2023.tasks import parity
from reprise.training.loop import train
from reprise.training.network import network
from reprise.training.program import Program


def test_gives_the_outputs_behind_the_logged_loss() -> None:
    made = job(PARITY)
    trained = train(made, Nowhere())
    test = parity.splits(made.run.task, 4)["test"]
    params = {name: x[1] for name, x in trained.params.items()}
    module: Any = network(made.run, params)
    loss = parity.loss(made.run.task, module(jnp.asarray(test["x"])), test)
    np.testing.assert_allclose(loss, trained.traces["test_loss"][1, -1], rtol=1e-5)


@pytest.mark.parametrize("spec", [PARITY, MODULAR], ids=["parity", "modular"])
def test_what_does_not_fit_is_refused(spec: dict[str, Any]) -> None:
    made = job({**spec, "dtype": "float32"}, steps=6)
    program = Program(made)
    state = jax.tree.map(lambda x: jnp.asarray(np.zeros(x.shape, x.dtype)), program.shapes())
    whole = {name: np.asarray(x[0]) for name, x in program.params(state).items()}
    name = sorted(whole)[0]
    without = {key: x for key, x in whole.items() if key != name}
    with pytest.raises(ValueError, match=f"no parameter '{name}'"):
        network(made.run, without)
    with pytest.raises(ValueError, match=r"does not have: \['extra'\]"):
        network(made.run, {**whole, "extra": whole[name]})
    with pytest.raises(ValueError, match=f"{name} has shape"):
        network(made.run, {**whole, name: whole[name][:1]})
