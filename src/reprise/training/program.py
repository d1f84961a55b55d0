"""The pure part of training: from a job's spec to functions of keys and arrays.

Axis order: member, row (logged step), then the tensor's own axes. Every interval of ``log_every``
updates ends with one row of metrics; ``train_loss`` is the loss seen by the interval's last update,
the other metrics are taken after it (the convention of the published loops, Pearce et al. 2023).

Each member has one root key; every use folds in the name of its purpose.
"""

import importlib
import zlib
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array, Key

from reprise.specs.base import TaskParameters
from reprise.specs.runs import JobSpec, RunSpec
from reprise.training.optimizers import hyperparameters, make_optimizer

Batch = Mapping[str, Any]
Traces = dict[str, jax.Array]
Rows = tuple[Any, Any]
"""Updates before each row, int32 (row,), and whether it is logged, bool (row,)."""


def root(seed: int) -> Key[Array, ""]:
    """The root key of a member, from its seed in [0, 2**32)."""
    return jax.random.key(jnp.asarray(np.uint32(seed)))


def named(key: Key[Array, ""], purpose: str) -> Key[Array, ""]:
    """The sub-key of ``key`` for one named purpose; independent of the order of calls."""
    return jax.random.fold_in(key, np.uint32(zlib.crc32(purpose.encode())))


class State(NamedTuple):
    """What an update changes. Every leaf has the member as first axis, ``step`` counts updates."""

    params: Any
    optimizer: Any
    step: jax.Array


def padding(rows: int) -> Rows:
    """``rows`` rows without an update."""
    return np.zeros(rows, np.int32), np.zeros(rows, bool)


def build(spec: RunSpec, key: Key[Array, ""]) -> nnx.Module:
    """The network of ``spec`` with fresh weights, of the member whose root key is ``key``."""
    model: Any = importlib.import_module(spec.model.module)
    module: nnx.Module = model.build(
        spec.model, spec.task, named(key, "init"), jnp.dtype(spec.dtype)
    )
    return module


def skeleton(spec: RunSpec) -> tuple[Any, ...]:
    """What ``nnx.merge`` makes a network of ``spec`` from: graph, parameters' shapes, the rest.

    Nothing is drawn where all variables are parameters, as they are in most models. Traced once for
    all networks of a model and task, of which tables ask for one after the other.
    """
    made_from = [(type(part), part.model_dump_json()) for part in (spec.model, spec.task)]
    key = *made_from, spec.dtype
    if key not in _skeletons:
        _skeletons[key] = _traced_skeleton(spec)
    graph, shapes, fixed = _skeletons[key]
    return graph, jax.tree.map(lambda x: x, shapes), fixed  # a copy, to be filled with values


_skeletons: dict[Any, tuple[Any, ...]] = {}


def _traced_skeleton(spec: RunSpec) -> tuple[Any, ...]:
    network = nnx.eval_shape(lambda: build(spec, root(0)))
    graph, shapes, fixed = _split(network)
    if jax.tree.leaves(fixed):
        fixed = _split(build(spec, root(0)))[2]
    return graph, shapes, fixed


def _split(network: nnx.Module) -> tuple[Any, ...]:
    """Graph, parameters, and what is neither."""
    parts: tuple[Any, ...] = nnx.split(network, nnx.Param, ...)
    return parts


class Program:
    """The functions of one job: ``init``, ``advance`` and ``views``, over all its members."""

    def __init__(self, job: JobSpec) -> None:
        self.job = job
        self.spec = job.run
        self.dtype = jnp.dtype(self.spec.dtype)
        self._task: Any = importlib.import_module(self.spec.task.module)
        self._model: Any = importlib.import_module(self.spec.model.module)
        self._graph, _, self._fixed = skeleton(self.spec)

    def init(self) -> State:
        """The seeded initial state of all members."""
        return jax.jit(self._over_members(self._init_member))(self.members)

    def shapes(self) -> State:
        """Shapes and types of the state, which is not computed."""
        shapes: State = jax.eval_shape(self._over_members(self._init_member), self.members)
        return shapes

    def advance(
        self,
        state: State,
        updates: np.ndarray,
        logged: np.ndarray | None = None,
        phase: int = -1,
    ) -> tuple[State, Traces]:
        """Take ``updates[i]`` updates, then log a row if ``logged[i]`` (None: if any), for each i.

        Batches are drawn from the task of ``phase``, an index into the spec's ``tasks``. Returns
        the new state (the buffers of ``state`` are donated) and, per metric, an array (member,
        row). Where a row is not logged nothing is evaluated: only its train loss means something.
        """
        rows = (updates, updates > 0 if logged is None else logged)
        return self._compiled_advance(state, self.members, self.data, rows, phase)

    def views(self, state: State) -> dict[str, jax.Array]:
        """The weights as figures show them: view name -> array (member, ...).

        The view ``params`` of every model gives all trained tensors, as ``params.<name>``.
        """
        return self._compiled_views(state)

    def params(self, state: State) -> dict[str, jax.Array]:
        """The trained tensors by name, each (member, ...)."""
        return _by_name(state.params)

    def traced(self, state: State, rows: int) -> tuple[Any, ...]:
        """What ``advance`` computes for ``rows`` rows, one jaxpr per phase.

        JAX keeps what it traced: this costs nothing where ``advance`` was called with as many.
        """
        given = (state, self.members, self.data, padding(rows))
        phases = range(len(self.spec.tasks))
        return tuple(self._compiled_advance.trace(*given, n).jaxpr for n in phases)

    @cached_property
    def members(self) -> dict[str, Any]:
        """Per member: its root key, the row of ``data`` it trains on, its hyper-parameters.

        ``tasks``: per phase, the numbers of the task that are arguments.
        """
        seeds = [int(m["seed"]) for m in self.job.members]
        rows = {seed: row for row, seed in enumerate(dict.fromkeys(seeds))}
        hyper = {
            name: jnp.asarray(
                [float(m.get(f"optimizer.{name}", value)) for m in self.job.members],
                self.dtype,
            )
            for name, value in hyperparameters(self.spec.optimizer).items()
        }
        keys = jnp.stack([root(seed) for seed in seeds])
        return {
            "key": keys,
            "row": jnp.asarray([rows[s] for s in seeds]),
            "hyper": hyper,
            "tasks": [self._arguments(task) for task in self.spec.tasks],
        }

    def _arguments(self, task: TaskParameters) -> dict[str, Any]:
        """Those of ``task``, every number (member,): the same for all members."""
        count = len(self.job.members)
        alike: dict[str, Any] = jax.tree.map(
            lambda number: jnp.asarray(np.full(count, number), self.dtype), task.arguments
        )
        return alike

    @cached_property
    def data(self) -> dict[str, dict[str, jax.Array]]:
        """Training and test batches, (distinct seed, example, ...)."""
        seeds = list(dict.fromkeys(int(m["seed"]) for m in self.job.members))
        splits = [self._task.splits(self.spec.task, seed) for seed in seeds]
        return jax.tree.map(lambda *xs: self._as_data(np.stack(xs)), *splits)

    def _as_data(self, array: np.ndarray) -> jax.Array:
        floating = np.issubdtype(array.dtype, np.floating)
        return jnp.asarray(array, self.dtype if floating else None)

    def _over_members(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if self.spec.batching == "vmap":
            return jax.vmap(function)
        return lambda *args: jax.lax.map(lambda one: function(*one), args)

    def _init_member(self, member: Mapping[str, Any]) -> State:
        params = _split(build(self.spec, member["key"]))[1]
        return State(params, self._optimizer(member).init(params), jnp.zeros((), jnp.int32))

    def _optimizer(self, member: Mapping[str, Any]) -> optax.GradientTransformation:
        return make_optimizer(self.spec.optimizer, member["hyper"], self.spec.steps + 1)

    def _module(self, params: Any) -> Any:
        return nnx.merge(self._graph, params, self._fixed)

    def _loss(self, params: Any, batch: Batch, task: TaskParameters) -> jax.Array:
        return self._task.loss(task, self._module(params)(batch["x"]), batch)

    def _gradient(self, params: Any, batch: Batch, task: TaskParameters) -> tuple[Any, Any]:
        """Loss and gradient of ``batch``: the means over parts of it that a core's cache holds."""
        one, size = jax.value_and_grad(self._loss), self.spec.model.at_once
        count = len(jax.tree.leaves(batch)[0])
        if not size or jax.default_backend() != "cpu" or count % size or count == size:
            return one(params, batch, task)
        parts = count // size

        def add(total: Any, part: Batch) -> tuple[Any, None]:
            return jax.tree.map(jnp.add, total, one(params, part, task)), None

        divided = jax.tree.map(lambda x: x.reshape(parts, size, *x.shape[1:]), batch)
        zero = jnp.zeros((), self.dtype), optax.tree.zeros_like(params)
        total, _ = jax.lax.scan(add, zero, divided)
        return jax.tree.map(lambda x: x / parts, total)

    def _metrics(self, params: Any, batch: Batch, task: TaskParameters, prefix: str) -> Traces:
        values = self._task.metrics(task, self._module(params)(batch["x"]), batch)
        return {f"{prefix}_{name}": value for name, value in values.items()}

    def _batch(
        self, state: State, member: Mapping[str, Any], data: Batch, task: TaskParameters
    ) -> Batch:
        if "train" in data:
            return data["train"]
        key = jax.random.fold_in(named(member["key"], "data"), state.step)
        return self._task.sample(task.at(state.step / self.spec.steps), key)

    def _update(
        self, state: State, member: Mapping[str, Any], data: Batch, task: TaskParameters
    ) -> tuple[State, Any]:
        batch = self._batch(state, member, data, task)
        loss, gradient = self._gradient(state.params, batch, task)
        change, moments = self._optimizer(member).update(gradient, state.optimizer, state.params)
        params = optax.apply_updates(state.params, change)
        return State(params, moments, state.step + 1), loss

    def _advance_member(
        self,
        state: State,
        member: Mapping[str, Any],
        data: Batch,
        rows: Rows,
        phase: int,
    ) -> tuple[State, Traces]:
        pairs = zip(self.spec.tasks, member["tasks"], strict=True)
        tasks = [task.model_copy(update=given) for task, given in pairs]

        def interval(state: State, row: Rows) -> tuple[State, Traces]:
            count, logged = row
            start = (state, jnp.full((), jnp.nan, self.dtype))
            state, loss = jax.lax.fori_loop(
                0, count, lambda _, carry: self._update(carry[0], member, data, tasks[phase]), start
            )
            metrics = self._row(state.params, data, tasks[-1], logged)
            return state, {**metrics, "train_loss": loss}

        return jax.lax.scan(interval, state, rows)

    def _row(self, params: Any, data: Batch, task: TaskParameters, wanted: jax.Array) -> Traces:
        """The metrics of a row; zeros, without computing them, where it is not ``wanted``."""

        def evaluate() -> Traces:
            return self._evaluate(params, data, task)

        zeros = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), jax.eval_shape(evaluate))
        row: Traces = jax.lax.cond(wanted, evaluate, lambda: zeros)
        return row

    def _evaluate(self, params: Any, data: Batch, task: TaskParameters) -> Traces:
        traces = self._metrics(params, data["test"], task, "test")
        if "train" in data:
            traces |= self._metrics(params, data["train"], task, "train")
        return traces | {"param_l2": optax.tree.norm(params)}

    @cached_property
    def _compiled_advance(self) -> jax.stages.Wrapped:
        def advance(state: State, members: Any, data: Batch, rows: Rows, phase: int) -> Any:
            def one(state: State, member: Mapping[str, Any]) -> Any:
                own = jax.tree.map(lambda x: x[member["row"]], data)
                return self._advance_member(state, member, own, rows, phase)

            return self._over_members(one)(state, members)

        return jax.jit(advance, donate_argnums=0, static_argnums=4)

    @cached_property
    def _compiled_views(self) -> Callable[[State], dict[str, jax.Array]]:
        snapshots = self.spec.snapshots
        names = snapshots.views if snapshots else ()

        def one(params: Any) -> dict[str, jax.Array]:
            views = self._model.views(self._module(params))
            whole = {f"params.{k}": x for k, x in _by_name(params).items()}
            chosen = {name: views[name] for name in names if name != "params"}
            return {**chosen, **(whole if "params" in names else {})}

        return jax.jit(lambda state: self._over_members(one)(state.params))


def _by_name(params: Any) -> dict[str, jax.Array]:
    leaves, _ = jax.tree_util.tree_flatten_with_path(nnx.to_pure_dict(params))
    return {jax.tree_util.keystr(path, simple=True, separator="."): x for path, x in leaves}
