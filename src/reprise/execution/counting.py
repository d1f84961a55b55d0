"""Count what one update of a job computes and keeps, without computing it.

``python -m reprise.execution.counting CACHE`` reads a job per line (JSON, as in a node's spec) and
writes a line of counts for each, in their order: a process of its own, since it imports JAX.
"""

import importlib
import json
import math
import sys
from pathlib import Path
from typing import IO, Any

from reprise.specs.members import JobSpec
from reprise.training.devices import configure

Counts = dict[str, float]
"""Of one member: ``flops`` of an update; bytes of ``params``, of the training ``state``, of a
snapshot's ``views``, and those ``kept`` of a forward pass for the backward one."""


DEPTHS = (1, 2)
"""Layers at which a deeper network is counted."""


def main(lines: IO[str], answers: IO[str], cache: Path) -> None:
    """Answer every line; what cannot be counted gets ``{"error": why}``."""
    known: dict[str, Counts] = {}
    for line in lines:
        job = JobSpec.model_validate_json(line)
        try:
            found: dict[str, Any] = _counted(job, cache, known)
        except Exception as error:  # whatever the job's own code raises
            found = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(found, allow_nan=False), file=answers, flush=True)


def count(job: JobSpec) -> Counts:
    """The counts of one member of ``job``; raises what the job's own code raises.

    A deep network of equal layers is counted at two depths, since every count is linear in depth
    and tracing takes minutes for dozens of layers.
    """
    layers = getattr(job.run.model, "layers", None)
    if not isinstance(layers, int) or layers <= DEPTHS[1]:
        return count_whole(job)
    low, high = (count_whole(_with_layers(job, depth)) for depth in DEPTHS)
    return {name: low[name] + (layers - DEPTHS[0]) * (high[name] - low[name]) for name in low}


def count_whole(job: JobSpec) -> Counts:
    """The same from the network as it is."""
    from reprise.training.program import Program

    program = Program(job)
    state = program.shapes()
    found = {
        "flops": program.flops_per_update(),
        "params": _bytes(state.params),
        "state": _bytes(state),
        "views": _bytes(_views(program, state)) if job.run.snapshots else 0.0,
        "kept": _bytes(_kept(job)),
    }
    if not math.isfinite(found["flops"]) or found["flops"] <= 0:
        raise ValueError("the compiler counts no FLOPs")
    return found


def _with_layers(job: JobSpec, layers: int) -> JobSpec:
    model: Any = job.run.model.model_copy(update={"layers": layers})
    return job.model_copy(update={"run": job.run.model_copy(update={"model": model})})


def _counted(job: JobSpec, cache: Path, known: dict[str, Counts]) -> Counts:
    """``count``, once for all jobs whose networks and batches have the same shapes."""
    one = job.model_copy(update={"members": job.members[:1]})
    configure(cache, job.run.dtype, 1)
    key = json.dumps([_fixed(job), str(_batch(one)), str(_module(one))])
    if key not in known:
        known[key] = count(one)
    return known[key]


def _fixed(job: JobSpec) -> list[Any]:
    run = job.run
    views = run.snapshots.views if run.snapshots else ()
    return [run.model.model_dump(mode="json"), run.task.name, run.optimizer.name, run.dtype, views]


def _batch(job: JobSpec) -> Any:
    """Shapes of the batch of one update."""
    import jax

    task, run = importlib.import_module(job.run.task.module), job.run
    splits = task.splits(run.task, int(job.members[0]["seed"]))
    if "train" in splits:
        return jax.eval_shape(lambda: jax.tree.map(jax.numpy.asarray, splits["train"]))
    return jax.eval_shape(lambda: task.sample(run.task, jax.random.key(0)))


def _module(job: JobSpec) -> Any:
    """The network of one member, shapes for numbers."""
    import jax
    from flax import nnx

    model, run = importlib.import_module(job.run.model.module), job.run
    dtype = jax.numpy.dtype(run.dtype)
    return nnx.eval_shape(lambda: model.build(run.model, run.task, jax.random.key(0), dtype))


def _kept(job: JobSpec) -> Any:
    """Shapes of what the backward pass needs of the forward one."""
    import jax
    from flax import nnx

    run = job.run
    task = importlib.import_module(run.task.module)
    parts: tuple[Any, ...] = nnx.split(_module(job), nnx.Param, ...)
    graph, params, rest = parts

    def backward(params: Any, rest: Any, batch: Any) -> Any:
        def loss(params: Any) -> Any:
            return task.loss(run.task, nnx.merge(graph, params, rest)(batch["x"]), batch)

        return jax.vjp(loss, params)[1]

    return jax.eval_shape(backward, params, rest, _batch(job))


def _views(program: Any, state: Any) -> Any:
    import jax

    return jax.eval_shape(program.views, state)


def _bytes(tree: Any) -> int:
    """Bytes of all arrays of a tree of shapes."""
    import jax

    return sum(math.prod(leaf.shape) * _width(leaf) for leaf in jax.tree.leaves(tree))


def _width(leaf: Any) -> int:
    return int(getattr(leaf.dtype, "itemsize", 4))


if __name__ == "__main__":
    main(sys.stdin, sys.stdout, Path(sys.argv[1]))
