"""Operations of a program: loops as often as they run, products by hand, against the compiler."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from training_jobs import MODULAR, PARITY, TRANSFORMER, job

from reprise.specs.members import JobSpec
from reprise.training.flops import count, operations
from reprise.training.program import Program

A, B = jnp.ones((3, 5)), jnp.ones((5, 7))
PRODUCT = 2 * 3 * 5 * 7


def counted(function: Any, *arguments: Any) -> float:
    return operations(jax.make_jaxpr(function)(*arguments).jaxpr)


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        (jnp.matmul, (A, B), PRODUCT),
        (lambda a, b: jnp.einsum("ij,jk->ki", a, b).T + 1.0, (A, B), PRODUCT + 21),
        (lambda a: a.sum(), (A,), 15),
        (lambda a: a.reshape(15)[::-1], (A,), 0),
        (lambda n: n + 1, (np.arange(4),), 0),
        (jax.jit(lambda a: jnp.tanh(a) * a), (A,), 30),
    ],
)
def test_every_kind_of_operation(function: Any, arguments: Any, expected: float) -> None:
    assert counted(function, *arguments) == expected


def test_the_body_of_a_loop_counts_as_often_as_it_runs() -> None:
    square = jnp.ones((4, 4))

    def layers(x: jax.Array) -> jax.Array:
        def layer(x: jax.Array, _: None) -> tuple[jax.Array, None]:
            return jax.lax.fori_loop(0, 3, lambda _, y: y @ square, x), None

        return jax.lax.scan(layer, x, length=5)[0]

    assert counted(layers, square) == 15 * 2 * 4**3
    by_the_compiler = jax.jit(layers).lower(square).compile().cost_analysis()["flops"]
    assert by_the_compiler < counted(layers, square)


def test_of_two_branches_the_dearer_counts() -> None:
    def either(a: jax.Array) -> jax.Array:
        return jax.lax.cond(a[0, 0] > 0, lambda: a @ B, lambda: jnp.zeros((3, 7)))

    assert counted(either, A) == PRODUCT


def test_members_and_gradients_are_counted() -> None:
    batch = jnp.ones((6, 3, 5))
    assert counted(jax.vmap(lambda a: a @ B), batch) == 6 * PRODUCT
    assert counted(lambda x: jax.lax.map(lambda a: a @ B, x), batch) == 6 * PRODUCT
    assert counted(jax.grad(lambda a: jnp.vdot(a @ B, jnp.ones((3, 7)))), A) >= 2 * PRODUCT


def test_an_update_of_the_modular_network_is_what_its_matrices_take() -> None:
    """Forward and twice backward: E H, O U, and of every example the hidden layer times O U."""
    embed, hidden, modulus = 64, 96, 31
    made = job(
        MODULAR,
        model={"name": "modular_mlp", "embed": embed, "hidden": hidden, "tied_in_projection": True},
        task={"name": "modular_addition", "modulus": modulus, "train_fraction": 0.6},
        dtype="float32",
    )
    (examples, _) = Program(made).data["train"]["x"][0].shape
    by_hand = 6 * (2 * modulus * embed * hidden + examples * hidden * modulus)
    assert by_hand < count(made).per_update < 1.4 * by_hand


def test_an_update_of_a_transformer_is_six_per_weight_and_token_and_its_attention() -> None:
    made = job(
        TRANSFORMER,
        model={"name": "causal_transformer", "layers": 2, "heads": 2, "width": 64},
    )
    program = Program(made)
    shapes = program.params(program.init())
    weights = sum(x.size for name, x in shapes.items() if name.endswith(".weight"))
    last = ("blocks.1.out.", "blocks.1.up.", "blocks.1.down.", "read_out.")
    at_x = sum(shapes[f"{name}weight"].size for name in last)
    sequences, tokens, width = 8, 8, 64
    products = 6 * (weights - at_x / 2) * sequences * tokens
    attention = 2 * 3 * 2 * (2 * sequences * tokens**2 * width)
    found = count(made).per_update
    assert products + attention < found < 1.25 * (products + attention)


def test_a_program_without_loops_has_the_count_of_the_compiled_executable() -> None:
    """Where the compiler counts everything, the two agree but for what it fuses away."""
    made = job(PARITY, task={**PARITY["task"], "train_size": 512}, model=HIDDEN)
    program = Program(made)
    assert count(made).per_update == pytest.approx(program.flops_per_update(), rel=0.1)
    assert count(made).per_update == pytest.approx(compiled(program), rel=0.15)


HIDDEN = {"name": "parity_mlp", "hidden": 256}


def compiled(program: Program) -> float:
    """Operations of an update by ``cost_analysis`` of the executable."""
    member, data = (jax.tree.map(lambda x: x[0], part) for part in (program.members, program.data))
    state = jax.tree.map(lambda x: x[0], program.init())
    update = jax.jit(lambda *given: program._update(*given, task=program.spec.task))
    return float(update.lower(state, member, data).compile().cost_analysis()["flops"])


def test_the_whole_is_updates_of_every_phase_and_logged_rows() -> None:
    fresh = {**PARITY["task"], "train_size": None, "batch_size": 16}
    plain = count(job(PARITY, task=fresh, steps=120, log_every=2))
    rare = count(job(PARITY, task=fresh, steps=120, log_every=120))
    row = (plain.total - rare.total) / (61 - 2)
    assert row > 0
    assert plain.total == pytest.approx(121 * plain.per_update + 61 * row)
    phases = [{"until": 100, "task": {"batch_size": 64}}]
    longer: JobSpec = job(PARITY, task=fresh, steps=120, log_every=2, phases=phases)
    large = count(job(PARITY, task={**fresh, "batch_size": 64}, steps=120, log_every=2))
    expected = 100 * large.per_update + 21 * plain.per_update + 61 * row
    assert count(longer).total == pytest.approx(expected)
