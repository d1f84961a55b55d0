"""Operations of a program, against the compiler and by hand; their share of the device's best."""

import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.errors import JaxRuntimeError
from training_jobs import MODULAR, PARITY, TRANSFORMER, Nowhere, job

from reprise.specs.runs import JobSpec
from reprise.training import flops as subject
from reprise.training.chunks import ROWS
from reprise.training.flops import Devices, Operations, operations, performance
from reprise.training.loop import train
from reprise.training.program import Program

A, B = jnp.ones((3, 5)), jnp.ones((5, 7))
PRODUCT = 2 * 3 * 5 * 7


def count(job: JobSpec) -> Operations:
    """The operations of a member of ``job``, which is traced for it."""
    program = Program(job)
    return subject.count(job.run, len(job.members), program.traced(program.shapes(), ROWS))


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


def test_a_loop_of_unknown_length_takes_as_many_turns_as_are_said() -> None:
    def loop(x: jax.Array, n: jax.Array) -> jax.Array:
        return jax.lax.fori_loop(0, n, lambda _, y: y @ y, x.sum() + x)

    jaxpr = jax.make_jaxpr(loop)(jnp.ones((4, 4)), 3).jaxpr
    body = 2 * 4**3
    assert [operations(jaxpr, turns) for turns in (0, 1, 5)] == [32, 32 + body, 32 + 5 * body]


@pytest.mark.parametrize("batching", ["map", "vmap"])
def test_a_member_counts_the_same_however_many_train_side_by_side(batching: str) -> None:
    """But for what members side by side share, such as the bias corrections of Adam."""
    one, five = (
        count(job(PARITY, members={"seed": list(range(n))}, batching=batching)) for n in (1, 5)
    )
    assert five.per_update == pytest.approx(one.per_update, rel=1e-3)
    assert five.total == pytest.approx(one.total, rel=3e-3)


def test_the_count_traces_no_update_again(monkeypatch: pytest.MonkeyPatch) -> None:
    updates: list[int] = []
    update = Program._update

    def counting(*given: Any, **named: Any) -> Any:
        updates.append(1)
        return update(*given, **named)

    monkeypatch.setattr(Program, "_update", counting)
    made = job(PARITY)
    trained = train(made, Nowhere())
    assert len(updates) == 1
    monkeypatch.undo()
    assert subject.count(made.run, len(made.members), trained.traced) == count(made)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was measured; the n-th measurement gives n * 1e9."""
    calls: list[Any] = []

    def measure(*given: Any) -> float:
        calls.append(given)
        return len(calls) * 1e9

    monkeypatch.setattr(subject, "measure", measure)
    return calls


def test_a_product_is_measured_in_operations_per_second() -> None:
    assert 1e7 < subject.measure("cpu", "float32") < 1e15


def test_a_peak_is_measured_once_per_device_dtype_profile_and_threads(
    tmp_path: Path, measured: list[Any]
) -> None:
    cpu = Devices("cpu", "Some Processor", 1, tmp_path)
    chosen = [
        ("float32", "exact", 1),
        ("float64", "exact", 1),
        ("float32", "bf16", 1),
        ("float32", "exact", 2),
    ]
    for _ in range(2):
        assert [cpu.peak(*values) for values in chosen] == [1e9, 2e9, 3e9, 4e9]
    assert Devices("gpu", "H100", 2, tmp_path).peak("float32", "exact", 1) == 2 * 5e9
    assert [platform for platform, _ in measured] == [*4 * ["cpu"], "gpu"]


def test_what_a_program_exceeds_is_measured_again_and_never_lowered(
    tmp_path: Path, measured: list[Any]
) -> None:
    def peak(reached: float) -> float:
        return Devices("cpu", "Some Processor", 1, tmp_path).peak("float32", "exact", 1, reached)

    assert [peak(0.0), peak(0.9e9), peak(1.5e9)] == [1e9, 1e9, 2e9]
    path = tmp_path / "peaks.json"
    path.write_text(path.read_text().replace("2000000000.0", "9000000000.0"))
    assert peak(1e10) == 9e9
    assert len(measured) == 3


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cpu": {}}', "null"])
def test_a_damaged_file_of_peaks_is_measured_again(
    tmp_path: Path, measured: list[Any], text: str
) -> None:
    (tmp_path / "peaks.json").write_text(text)
    assert Devices("cpu", "Some Processor", 1, tmp_path).peak("float32", "exact", 1) == 1e9
    assert list(json.loads((tmp_path / "peaks.json").read_text()).values()) == [1e9]


def test_a_training_too_short_to_time_has_no_speed(tmp_path: Path, measured: list[Any]) -> None:
    made = job(PARITY)
    found = performance(made, count(made), None, Devices("cpu", "x", 1, tmp_path))
    assert found["flops"] == 3 * count(made).total
    assert found["flops_per_update"] == count(made).per_update
    assert found["flops_per_s"] is found["peak_flops_per_s"] is found["utilisation"] is None
    assert measured == []


def test_utilisation_is_the_share_of_the_best_of_all_devices(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = job(PARITY).model_copy(update={"numerics": "bf16"})
    reached = 10 * 3 * count(made).total / 121
    monkeypatch.setattr(subject, "measure", lambda platform, dtype: 4 * reached)
    found = performance(made, count(made), 10.0, Devices("cpu", "x", 2, tmp_path))
    assert found["flops_per_s"] == pytest.approx(reached)
    assert (found["peak_flops_per_s"], found["utilisation"]) == (8 * reached, 0.125)
    assert list(json.loads((tmp_path / "peaks.json").read_text())) == [
        "cpu x, float32, bf16, threads 1"
    ]


def test_no_memory_for_the_measurement_costs_no_training(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def measure(platform: str, dtype: str) -> float:
        raise JaxRuntimeError("RESOURCE_EXHAUSTED")

    monkeypatch.setattr(subject, "measure", measure)
    made = job(PARITY)
    found = performance(made, count(made), 10.0, Devices("gpu", "x", 1, tmp_path))
    assert found["flops_per_s"] > 0
    assert found["utilisation"] is None
