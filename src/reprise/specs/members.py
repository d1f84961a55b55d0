"""From a run's grid to its members and jobs: which members share a compiled step."""

import itertools
import json
from collections.abc import Mapping
from typing import Any

from pydantic import SerializeAsAny

from reprise.specs.base import Strict
from reprise.specs.numerics import Lower
from reprise.specs.runs import DYNAMIC_AXES, RunSpec, Scalar, run_spec


class JobSpec(Strict):
    """One training job: a run whose static axes are settled, and the members it trains."""

    run: SerializeAsAny[RunSpec]
    members: tuple[dict[str, Scalar], ...]
    """One mapping per member: every axis of the run, its value for this member."""
    numerics: Lower | None = None
    """The profile of lower precision that it is trained in, if any."""


def read_job(paper: str, data: Mapping[str, Any]) -> JobSpec:
    """The job that ``data`` (JSON) describes, with the typed task and model of ``paper``."""
    run = run_spec(paper).model_validate_json(json.dumps(data["run"]))
    rest = {name: value for name, value in data.items() if name != "run"}
    return JobSpec.model_validate({"run": run, **rest}, strict=False)


def grid(spec: RunSpec) -> tuple[dict[str, Scalar], ...]:
    """All members of ``spec``, in the order of the product of its axes (first axis slowest)."""
    axes = list(spec.members)
    product = itertools.product(*(spec.members[axis] for axis in axes))
    return tuple(dict(zip(axes, values, strict=True)) for values in product)


def jobs(spec: RunSpec, numerics: Lower | None = None) -> tuple[JobSpec, ...]:
    """Split the members of ``spec`` into jobs of equal shapes, at most ``members_per_job`` each.

    Raises:
        ValueError: an axis is not a parameter of the run, or a value is not valid for it.
    """
    groups: dict[str, tuple[dict[str, Scalar], list[dict[str, Scalar]]]] = {}
    for member in grid(spec):
        static = {axis: value for axis, value in member.items() if axis not in DYNAMIC_AXES}
        groups.setdefault(json.dumps(static), (static, []))[1].append(member)
    result = []
    for static, members in groups.values():
        settled = with_values(spec, static)
        if numerics and settled.dtype != "float32":
            raise ValueError(
                f"dtype must be 'float32' under the numerics profile {numerics!r}, "
                f"got {settled.dtype!r}"
            )
        members = [dict(sorted(member.items())) for member in members]  # as in a node's file
        size = spec.members_per_job or len(members)
        result += [
            JobSpec(run=settled, members=tuple(members[i : i + size]), numerics=numerics)
            for i in range(0, len(members), size)
        ]
    return tuple(result)


def with_values(spec: RunSpec, values: Mapping[str, Any]) -> RunSpec:
    """``spec`` with dotted paths set; raises ValueError naming the path that does not exist."""
    data = spec.model_dump()
    for path, value in values.items():
        *parents, last = path.split(".")
        target: Any = data
        for part in parents:
            target = target.get(part) if isinstance(target, dict) else None
        if not isinstance(target, dict) or last not in target:
            raise ValueError(f"members.{path} is not a parameter of the run")
        target[last] = value
    return type(spec).model_validate(data)
