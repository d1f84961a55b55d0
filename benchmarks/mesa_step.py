"""The mesa-layer and a step of linear networks against plain einsums and autodiff, side by side.

``python -m benchmarks mesa``. Both sides have the same weights, sequences, loss and AdamW, one
thread and a process of their own. Every round measures both in turn and the fastest round of each
counts, so that a busy machine slows both.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROUNDS = 3
SIDES = ("plain", "ours")
WORK: dict[str, dict[str, Any]] = {
    "mesa-layer, forward and backward, 50 tokens": {"layer": True, "batch": 64, "tokens": 50},
    "mesa-layer, forward and backward, 224 tokens": {"layer": True, "batch": 64, "tokens": 224},
    "step of 6 linear layers, 50 tokens": {"layers": ["linear"] * 6, "batch": 64, "tokens": 50},
    "step of a mesa-layer network, 50 tokens": {"layers": ["mesa"], "batch": 64, "tokens": 50},
}
HEADS, KEY_SIZE, DIMS, CLIP = 4, 20, 10, 4.0


def main(rounds: int = ROUNDS) -> None:
    """Print milliseconds of each side, and how many times as fast ours is."""
    table = Table(title="Milliseconds on one thread, batch 64, float32", box=None)
    for name in ("work", *SIDES, "ratio"):
        table.add_column(name, justify="left" if name == "work" else "right")
    for name, work in WORK.items():
        found = [[_run(side, work) for side in SIDES] for _ in range(rounds)]
        plain, ours = (min(side) for side in zip(*found, strict=True))
        table.add_row(name, f"{1e3 * plain:.1f}", f"{1e3 * ours:.1f}", f"{plain / ours:.1f} x")
    Console(width=120).print(table)


def _run(side: str, work: dict[str, Any]) -> float:
    command = [sys.executable, "-m", "benchmarks.mesa_step", side, json.dumps(work)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout.splitlines()[-1])


def measure(side: str, work: dict[str, Any]) -> float:
    """Seconds of one execution, the fastest of several."""
    from reprise.execution.device import configure

    with tempfile.TemporaryDirectory() as folder:
        configure(Path(folder), "float32", 1)
        call = layer_call(side, work) if work.get("layer") else step_call(side, work)
        call()
        found: list[float] = []
        began = time.perf_counter()
        while len(found) < 5 or time.perf_counter() - began < 1:
            start = time.perf_counter()
            call()
            found.append(time.perf_counter() - start)
    return min(found)


def layer_call(side: str, work: dict[str, Any]) -> Callable[[], Any]:
    """A call that gives the gradients of the mesa-layer in q, k, v and lambda."""
    import jax
    import jax.numpy as jnp

    from benchmarks import mesa_plain
    from reprise.models.mesa_layer import mesa_attention

    shape = (3, HEADS, KEY_SIZE, work["tokens"], work["batch"])
    qkv = 0.3 * jax.random.normal(jax.random.key(0), shape)
    attend = mesa_attention
    if side == "plain":
        qkv, attend = qkv.transpose(0, 4, 3, 1, 2), mesa_plain.mesa_attention

    def loss(q: Any, k: Any, v: Any, lam: Any) -> Any:
        return (attend(q, k, v, lam) ** 2).sum()

    gradient = jax.jit(jax.grad(loss, (0, 1, 2, 3)))
    arguments = (*qkv, jnp.full(HEADS, 2.0))
    return lambda: jax.block_until_ready(gradient(*arguments))


def step_call(side: str, work: dict[str, Any]) -> Callable[[], Any]:
    """A call that takes a step of AdamW from the initial weights, and gives loss and weights."""
    import jax
    import optax
    from flax import nnx

    from benchmarks import mesa_plain
    from reprise.models import mesa_transformer
    from reprise.specs.mesa import MesaTransformer
    from reprise.tasks.sequence_tokens import tokens

    spec = {"name": "mesa_transformer", "layers": work["layers"], "heads": HEADS, "clip": CLIP}
    spec |= {"key_size": KEY_SIZE}
    network = mesa_transformer.build(
        MesaTransformer.model_validate(spec), _Task(), jax.random.key(0), "float32"
    )
    graph, state = nnx.split(network)
    start = nnx.to_pure_dict(state)
    s = jax.random.uniform(jax.random.key(1), (work["batch"], work["tokens"] + 1, DIMS))
    constructed = tokens("constructed", s[:, :-1])

    def predict(params: Any) -> Any:
        if side == "plain":
            return mesa_plain.predictions(params, constructed, DIMS, HEADS, CLIP)
        own = jax.tree.map(lambda x: x, state)
        nnx.replace_by_pure_dict(own, params)
        return nnx.merge(graph, own)(constructed)

    def loss(params: Any) -> Any:
        return 0.5 * ((predict(params) - s[:, 1:]) ** 2).sum(axis=2).mean()

    optimizer = optax.chain(optax.clip(1.0), optax.adamw(1e-4, weight_decay=0.1))

    @jax.jit
    def step(params: Any, moments: Any) -> Any:
        value, gradient = jax.value_and_grad(loss)(params)
        change, moments = optimizer.update(gradient, moments, params)
        return value, optax.apply_updates(params, change), moments

    moments = optimizer.init(start)
    return lambda: jax.block_until_ready(step(start, moments))


class _Task:
    token_dims = 4 * DIMS
    target_dims = DIMS


if __name__ == "__main__":
    print(measure(sys.argv[1], json.loads(sys.argv[2])))
