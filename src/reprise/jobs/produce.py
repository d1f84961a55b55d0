"""Make the content of each kind of node: file name ending -> bytes, and what the record says."""

import importlib
from collections.abc import Callable
from typing import Any

import pandas as pd

from reprise.graph.nodes import Node, ranges
from reprise.jobs.load import Parents, load_inputs
from reprise.specs.claims import Claims
from reprise.specs.explain import validate
from reprise.storage.frames import csv_bytes
from reprise.storage.tensors import encode

Content = dict[str, bytes]


def dataset(node: Node, parents: Parents) -> Content:
    """Arrays of ``entry(params, seed)``, or of ``entry(inputs)`` where it reads other datasets."""
    if node.spec.get("datasets"):
        arrays = _entry(node)(load_inputs(node, parents))
    else:
        params = node.spec.get("params", {}) | node.spec.get("sources", {})
        arrays = _entry(node)(params, node.spec["seed"])
    return {"data.safetensors": encode(arrays, {"node": node.id})}


def table(node: Node, parents: Parents) -> Content:
    """The data frame of ``entry(inputs)``."""
    return {".csv": csv_bytes(_entry(node)(load_inputs(node, parents)))}


def figure(node: Node, parents: Parents) -> Content:
    """SVG and PNG of ``entry(tables)``, with the theme and the footer."""
    from reprise.plotting import theme
    from reprise.plotting.render import render

    with theme.apply():
        picture = _entry(node)(parents.tables())
    return {f".{name}": data for name, data in render(picture, node.spec["footer"]).items()}


def verdict(node: Node, parents: Parents) -> Content:
    """The paper's claims, judged."""
    from reprise.stats.verdicts import judge

    claims = validate(Claims, node.spec, node.id)
    rows = judge(claims, parents.tables(), node.paper, node.scale, ranges(node.seeds))
    return {".csv": csv_bytes(rows)}


def report(node: Node, parents: Parents) -> Content:
    """The report, and the verdicts of all papers in one table."""
    verdicts = [parents.csv(parent) for parent in parents.nodes if parent.kind == "verdict"]
    return {
        "report.html": _load("reprise.report.html:report")(node, parents),
        "verdicts.csv": csv_bytes(pd.concat(verdicts, ignore_index=True)),
    }


MAKERS: dict[str, Callable[[Node, Parents], Content]] = {
    "dataset": dataset,
    "table": table,
    "figure": figure,
    "verdict": verdict,
    "report": report,
}


def _entry(node: Node) -> Callable[..., Any]:
    return _load(f"papers.{node.paper}.{node.spec['entry']}")


def _load(name: str) -> Callable[..., Any]:
    """The function ``module:name``: of a paper, or of the report, a room above this one."""
    module, _, function = name.partition(":")
    loaded: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return loaded
