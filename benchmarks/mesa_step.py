"""The mesa-layer and a step of linear networks against plain einsums and autodiff, side by side.

``python -m benchmarks mesa [PYTHON]``. Both sides have the same weights, sequences, loss and AdamW,
one thread and a process of their own. A step takes its batch whole, which a training on a CPU does
not (``at_once`` of the model): it compares layers, not trainings. The layer stands beside that of
the public flash-linear-attention package as well, whose answers are compared with ours first:
PYTHON is an interpreter that has it and PyTorch; without it, both are installed into an environment
that is thrown away. Every round measures all sides in turn and the fastest round of each counts, so
that a busy machine slows all of them.
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

from benchmarks.torch_python import with_torch

ROUNDS = 3
PUBLIC = ("exact", "cg")
"""Solvers of the public package that run on a CPU."""
PACKAGES = ("fla-core==0.6.*", "einops", "safetensors")
LAYER = Path(__file__).with_name("torch_mesa.py")
WORK: dict[str, dict[str, Any]] = {
    "mesa-layer, forward and backward, 50 tokens": {"layer": True, "batch": 64, "tokens": 50},
    "mesa-layer, forward and backward, 224 tokens": {"layer": True, "batch": 64, "tokens": 224},
    "step of 6 linear layers, 50 tokens": {"layers": ["linear"] * 6, "batch": 64, "tokens": 50},
    "step of a mesa-layer network, 50 tokens": {"layers": ["mesa"], "batch": 64, "tokens": 50},
}
HEADS, KEY_SIZE, DIMS, CLIP = 4, 20, 10, 4.0


def main(python: str | None = None) -> None:
    """Print milliseconds of each side, and how many times as fast ours is."""
    with tempfile.TemporaryDirectory() as folder:
        peer = python or with_torch(Path(folder), *PACKAGES)
        if isinstance(peer, Exception):
            Console().print(f"the public package is left out, it could not be installed ({peer})")
        table = Table(title="Milliseconds on one thread, batch 64, float32 (times ours)", box=None)
        for name in ("work", "ours", "plain", *(f"public, {solver}" for solver in PUBLIC)):
            table.add_column(name, justify="left" if name == "work" else "right")
        for name, work in WORK.items():
            ours, *others = _times(work, peer, Path(folder) / "answers.safetensors")
            cells = [f"{1e3 * other:.1f} ({other / ours:.1f} x)" for other in others]
            table.add_row(name, f"{1e3 * ours:.1f}", *cells)
        Console(width=120).print(table)


def _times(work: dict[str, Any], peer: str | Exception, file: Path) -> list[float]:
    """Seconds of ours, of the plain one and of the public ones: the fastest of the rounds."""
    own = [sys.executable, "-m", "benchmarks.mesa_step"]
    commands = [[*own, side, json.dumps(work)] for side in ("ours", "plain")]
    if isinstance(peer, str) and work.get("layer"):
        known_answers(work, file)
        shape = {"heads": HEADS, "key_size": KEY_SIZE, "check": str(file), **work}
        commands += [
            [peer, str(LAYER), json.dumps({"solver": solver, **shape})] for solver in PUBLIC
        ]
    found = [[_run(command) for command in commands] for _ in range(ROUNDS)]
    return [min(side) for side in zip(*found, strict=True)]


def _run(command: list[str]) -> float:
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout.splitlines()[-1])


def known_answers(work: dict[str, Any], file: Path) -> None:
    """Write inputs and answers of our mesa-layer, four sequences: batch, token, head, feature."""
    import jax
    import jax.numpy as jnp
    import numpy as np
    from safetensors.numpy import save_file

    from papers.vonoswald2023.models.mesa_layer import mesa_attention

    shape = (3, HEADS, KEY_SIZE, work["tokens"], 4)
    q, k, v = 0.3 * jax.random.normal(jax.random.key(2), shape)
    lam = jnp.full(HEADS, 2.0)
    parts = {"q": q, "k": k, "v": v, "answer": mesa_attention(q, k, v, lam)}
    moved = {name: np.ascontiguousarray(part.transpose(3, 2, 0, 1)) for name, part in parts.items()}
    save_file({**moved, "lambda": np.asarray(lam)}, file)


def measure(side: str, work: dict[str, Any]) -> float:
    """Seconds of one execution, the fastest of several."""
    from reprise.training.devices import configure

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
    from papers.vonoswald2023.models.mesa_layer import mesa_attention

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
    from papers.vonoswald2023.models import mesa_transformer
    from papers.vonoswald2023.spec import MesaTransformer
    from papers.vonoswald2023.tasks.sequence_tokens import tokens

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
