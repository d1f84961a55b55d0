"""One point of a sweep, in a process of its own: ``python -m benchmarks.scaling_point SWEEP JSON``.

Prints JSON: ``seconds`` of processor time (of all threads, so that a busy machine counts little),
``work_bytes`` that the compiled program needs by the compiler's own count (arguments, results and
temporaries) and ``peak_bytes``, the most memory the process ever had, libraries included.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Point = dict[str, float]
HEADS, CHANNELS, BATCH = 2, 16, 8
"""Of the layers whose sequences grow."""
_ROWS = 10
"""Logged rows of a training, however long."""

_BLOCK_S = 0.05
"""Shortest time that is measured at once."""


def steps(updates: int) -> Point:
    """A small transformer trained on fresh batches, by the loop that makes every run."""
    from reprise.specs.runs import jobs
    from reprise.training.chunks import Progress
    from reprise.training.loop import train
    from reprise.training.resume import ResumeStore

    job = jobs(_transformer(updates))[0]
    clock: list[tuple[int, float]] = []

    def report(progress: Progress) -> None:
        clock.append((progress.step + 1, time.process_time()))

    with tempfile.TemporaryDirectory() as folder:
        train(job, ResumeStore(Path(folder), "benchmark"), report)
    (first, began), (last, ended) = clock[0], clock[-1]
    return {
        # The first call compiles; its few updates count as the others do.
        "seconds": (ended - began) * last / (last - first),
        "work_bytes": _program_bytes(job),
    }


def members(count: int) -> Point:
    """One update of ``count`` networks in one program."""
    import jax
    import numpy as np

    from reprise.specs.runs import jobs
    from reprise.training.program import Program

    job = jobs(_parity(count))[0]
    program = Program(job)
    updates = np.full(1, 20, np.int32)
    state = program.init()

    def call() -> None:
        nonlocal state
        state, traces = program.advance(state, updates)
        jax.block_until_ready(traces)

    return {"seconds": _fastest(call) / updates.sum(), "work_bytes": _program_bytes(job)}


def mesa(tokens: int) -> Point:
    """The mesa-layer, forward and backward; its backward pass keeps no matrices."""
    from papers.vonoswald2023.models.mesa_layer import mesa_attention

    return _layer(tokens, mesa_attention, inverse_ridge=True)


def mesa_autodiff(tokens: int) -> Point:
    """The same by autodiff through the recursion, which keeps a matrix per token."""
    from benchmarks.mesa_plain import mesa_attention

    return _layer(tokens, mesa_attention, inverse_ridge=True, batch_first=True)


def linear(tokens: int) -> Point:
    """Linear attention as a running sum, forward and backward."""
    from papers.vonoswald2023.models.linear_attention import linear_attention

    return _layer(tokens, linear_attention)


def softmax(tokens: int) -> Point:
    """Softmax attention, forward and backward."""
    import jax.numpy as jnp

    from papers.shared.attention import causal_attention

    return _layer(tokens, lambda q, k, v: causal_attention(jnp.stack([q, k, v])))


def _layer(
    tokens: int, attend: Callable[..., Any], inverse_ridge: bool = False, batch_first: bool = False
) -> Point:
    import jax
    import jax.numpy as jnp

    shape = (3, HEADS, CHANNELS, tokens, BATCH)
    qkv = 0.3 * jax.random.normal(jax.random.key(0), shape)
    if batch_first:
        qkv = qkv.transpose(0, 4, 3, 1, 2)
    arguments = (*qkv, jnp.full(HEADS, 2.0)) if inverse_ridge else tuple(qkv)

    def loss(*arguments: Any) -> Any:
        return (attend(*arguments) ** 2).sum()

    gradient = jax.jit(jax.grad(loss, tuple(range(len(arguments)))))
    compiled = gradient.lower(*arguments).compile()
    seconds = _fastest(lambda: jax.block_until_ready(compiled(*arguments)))
    return {"seconds": seconds, "work_bytes": _bytes(compiled)}


def _transformer(updates: int) -> Any:
    task = {
        "name": "function_mixture",
        "dims": 2,
        "pairs": 4,
        "batch_size": 8,
        "test_size": 32,
        "classes": {"dense": {"kind": "dense"}},
        "weights": {"dense": 1.0},
    }
    model = {"name": "causal_transformer", "layers": 1, "heads": 2, "width": 16}
    return _run("yadlowsky2023", task, model, updates, {"seed": [0]})


def _parity(count: int) -> Any:
    task = {"name": "parity", "train_size": 32, "test_size": 32}
    model = {"name": "parity_mlp", "hidden": 8}
    return _run("pearce2023", task, model, 1000, {"seed": list(range(count))})


def _run(paper: str, task: Any, model: Any, updates: int, axes: dict[str, list[int]]) -> Any:
    from reprise.specs.runs import run_spec

    spec = {
        "task": task,
        "model": model,
        "optimizer": {"name": "adamw", "learning_rate": 0.001},
        "steps": updates,
        "log_every": updates // _ROWS,
        "members": axes,
    }
    return run_spec(paper).model_validate_json(json.dumps(spec))


def _program_bytes(job: Any) -> int:
    """Memory of the compiled call that takes all updates between two returns to the host."""
    from reprise.training.chunks import ROWS
    from reprise.training.program import Program, padding

    program = Program(job)
    advance: Any = program._compiled_advance
    call = advance.lower(program.shapes(), program.members, program.data, padding(ROWS), -1)
    return _bytes(call.compile())


def _bytes(compiled: Any) -> int:
    found = compiled.memory_analysis()
    parts = ("argument", "output", "temp")
    return sum(int(getattr(found, f"{part}_size_in_bytes")) for part in parts)


def _fastest(call: Callable[[], object], least_s: float = 0.4) -> float:
    """Processor seconds of one call, the fastest of several."""
    call()
    turns, found = 1, [0.0]
    while found[0] < _BLOCK_S:  # the clock misses part of what other threads do in a short block
        turns *= 2
        found = [_turns(call, turns)]
    while len(found) < 3 or sum(found) < least_s:
        found.append(_turns(call, turns))
    return min(found) / turns


def _turns(call: Callable[[], Any], turns: int) -> float:
    """Processor time of so many calls."""
    start = time.process_time()
    for _ in range(turns):
        call()
    return time.process_time() - start


SWEEPS: dict[str, Callable[[int], Point]] = {
    "steps": steps,
    "members": members,
    "mesa": mesa,
    "mesa_autodiff": mesa_autodiff,
    "linear": linear,
    "softmax": softmax,
}


def main(sweep: str, x: int) -> Point:
    """The point ``x`` of ``sweep``, on one thread."""
    from reprise.training.devices import configure

    with tempfile.TemporaryDirectory() as folder:
        configure(Path(folder), "float32", 1)
        found = SWEEPS[sweep](x)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"x": x, **found, "peak_bytes": peak}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
