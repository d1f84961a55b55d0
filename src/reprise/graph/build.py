"""Build the graph of nodes from the config and the papers' files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from reprise.graph.fingerprinted import make_node
from reprise.graph.nodes import Node
from reprise.project import find_project
from reprise.provenance.closure import closure
from reprise.provenance.fingerprint import SHORT
from reprise.provenance.sources import source_digests
from reprise.specs.claims import Claims
from reprise.specs.config import Config
from reprise.specs.deviations import deviations
from reprise.specs.errors import ConfigError, suggest
from reprise.specs.load import load_claims, load_papers, papers_folder
from reprise.specs.members import jobs
from reprise.specs.numerics import lower
from reprise.specs.paper import PaperSpec, Sources

_FRAMEWORK = {
    "dataset": ["reprise.storage.tensors:encode"],
    "run": [
        "reprise.training.loop:train",
        "reprise.training.devices:configure",
        "reprise.jobs.train:metrics",
        "reprise.storage.frames:csv_bytes",
        "reprise.storage.tensors:encode",
    ],
    "table": [
        "reprise.results:Inputs",
        "reprise.results:join_jobs",
        "reprise.storage.frames:csv_bytes",
        "reprise.storage.frames:parse_csv",
    ],
    "figure": ["reprise.plotting.render:render", "reprise.storage.frames:parse_csv"],
    "verdict": [
        "reprise.analysis.verdicts:judge",
        "reprise.storage.frames:csv_bytes",
        "reprise.storage.frames:parse_csv",
    ],
    "report": ["reprise.report.html:build", "reprise.storage.frames:csv_bytes"],
}
"""The framework's code that determines the content of each kind of node, besides the node's own."""

_ARITHMETIC = ["reprise.training.numerics"]
"""What determines it, too, where the numerics profile is one of lower precision."""


@dataclass
class Graph:
    """All nodes of the chosen papers at one scale, parents before children."""

    config: Config
    papers: list[PaperSpec] = field(default_factory=list)
    claims: dict[str, Claims] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)

    def parents(self, node: Node) -> list[Node]:
        """The nodes that ``node`` reads."""
        return [self.nodes[i] for i in node.inputs]

    def ancestors(self, targets: Iterable[str]) -> list[Node]:
        """``targets`` and everything they are made from, parents first."""
        wanted: set[str] = set()
        queue = list(targets)
        while queue:
            current = queue.pop()
            if current not in wanted:
                wanted.add(current)
                queue += self.nodes[current].inputs
        return [node for node in self.nodes.values() if node.id in wanted]

    @cached_property
    def leaves(self) -> list[Node]:
        """The nodes that no other reads: the report, and tables for people to read."""
        read = {i for node in self.nodes.values() for i in node.inputs}
        return [node for node in self.nodes.values() if node.id not in read]

    @cached_property
    def by_output(self) -> dict[str, Node]:
        """The node that makes each output or record."""
        return {path: node for node in self.nodes.values() for path in (*node.outputs, node.record)}

    def find_figure(self, name: str) -> Node:
        """The figure called ``paper/figure``, or a unique beginning of it; raises ConfigError."""
        figures = {f"{n.paper}/{n.name}": n for n in self.nodes.values() if n.kind == "figure"}
        paper, _, short = name.partition("/")
        exact = figures.get(name)
        begun = [
            n for key, n in figures.items() if key.lower().startswith(f"{paper}/{short}-".lower())
        ]
        if exact or (short and len(begun) == 1):
            return exact or begun[0]
        raise ConfigError(f"no figure {name!r}{suggest(name, figures)}")


def build(config: Config) -> Graph:
    """The graph of ``config``'s papers at its scale; raises ConfigError."""
    graph = Graph(config)
    for paper in load_papers(config):
        graph.papers.append(paper)
        graph.claims[paper.key] = load_claims(paper.key)
        _Builder(graph, paper).add_all()
    _add_report(graph)
    return graph


class _Builder:
    """Adds the nodes of one paper."""

    def __init__(self, graph: Graph, paper: PaperSpec) -> None:
        self.graph = graph
        self.paper = paper
        self.scale = graph.config.scale
        self.base = f"results/{self.scale}/{paper.key}"
        self.package = f"reprise.papers.{paper.key}"
        self.lower = lower(graph.config.numerics)
        self.run_nodes: dict[str, list[str]] = {}

    def add_all(self) -> None:
        parents = {name: spec.datasets or () for name, spec in self.paper.datasets.items()}
        for name in self._in_order("datasets", parents):
            self._dataset(name)
        read = {run for table in self.paper.tables.values() for run in table.runs}
        for name in self.paper.runs:
            if name in read:
                self._run(name)
        parents = {name: spec.tables for name, spec in self.paper.tables.items()}
        for name in self._in_order("tables", parents):
            self._table(name)
        for name in self.paper.figures:
            self._figure(name)
        self._verdict()

    def _dataset(self, name: str) -> None:
        spec = self.paper.datasets[name]
        entry = self._entry(spec.entry)
        profile = {"numerics": self.lower} if self.lower and self._asks_a_network(entry) else {}
        self._add(
            "dataset",
            name,
            spec=spec.model_dump(mode="json", exclude_none=True) | profile,
            entries=[entry, *(_ARITHMETIC if profile else ())],
            files_made=("data.safetensors",),
            inputs=[f"{self.paper.key}/dataset/{d}" for d in spec.datasets or ()],
            sources=self._sources(f"datasets.{name}", spec.sources or {}),
            folder="datasets/{}",
            seeds=(spec.seed,),
        )

    def _run(self, name: str) -> None:
        try:
            split = jobs(self.paper.runs[name], self.lower)
        except ValueError as error:
            raise ConfigError(f"papers/{self.paper.key}/paper.yaml: runs.{name}: {error}") from None
        for number, job in enumerate(split):
            node = self._add(
                "run",
                f"{name}/{number:02d}",
                spec=job.model_dump(mode="json", exclude_none=True),
                entries=[
                    f"reprise.tasks.{job.run.task.name}",
                    f"reprise.models.{job.run.model.name}",
                    *(_ARITHMETIC if job.numerics else ()),
                ],
                files_made=("params.safetensors", "views.safetensors", "metrics.csv"),
                folder="runs/{}",
                seeds=tuple(dict.fromkeys(int(m["seed"]) for m in job.members)),
            )
            self.run_nodes.setdefault(name, []).append(node.id)

    def _table(self, name: str) -> None:
        spec = self.paper.tables[name]
        reference = [
            papers_folder() / self.paper.key / "reference" / file for file in spec.reference
        ]
        runs = {run: self.run_nodes[run] for run in spec.runs}
        self._add(
            "table",
            name,
            spec=spec.model_dump(mode="json", exclude_none=True),
            entries=[self._entry(spec.entry)],
            inputs=[
                *(node for nodes in runs.values() for node in nodes),
                *(f"{self.paper.key}/dataset/{d}" for d in spec.datasets),
                *(f"{self.paper.key}/table/{t}" for t in spec.tables),
            ],
            files=reference,
            stable=f"tables/{name}",
            endings=(".csv",),
        )

    def _figure(self, name: str) -> None:
        spec = self.paper.figures[name]
        inputs = [f"{self.paper.key}/table/{t}" for t in spec.tables]
        self._add(
            "figure",
            name,
            spec={
                "entry": spec.entry,
                "tables": list(spec.tables),
                "footer": self._footer(inputs),
            },
            entries=[self._entry(spec.entry)],
            inputs=inputs,
            stable=f"figures/{name}",
            endings=(".svg", ".png"),
            about={"title": spec.title, "caption": spec.caption, "source": spec.source},
        )

    def _verdict(self) -> None:
        claims = self.graph.claims[self.paper.key]
        file = f"papers/{self.paper.key}/claims.yaml"
        tables = []
        for name, claim in claims.claims.items():
            if claim.figure not in self.paper.figures:
                near = suggest(claim.figure, self.paper.figures)
                raise ConfigError(f"{file}: claims.{name}.figure: no figure {claim.figure!r}{near}")
            tables += [c.table for c in (claim.criterion, claim.partly) if c]
        tables += [gate.criterion.table for gate in claims.gates.values()]
        for table in tables:
            if table not in self.paper.tables:
                near = suggest(table, self.paper.tables)
                raise ConfigError(f"{file}: no table {table!r}{near}")
        self._add(
            "verdict",
            "verdicts",
            spec=claims.model_dump(mode="json", exclude_none=True),
            entries=[],
            inputs=[f"{self.paper.key}/table/{t}" for t in dict.fromkeys(tables)],
            stable="verdicts",
            endings=(".csv",),
        )

    def _add(
        self,
        kind: str,
        name: str,
        spec: dict[str, Any],
        entries: list[str],
        inputs: Iterable[str] = (),
        files: Iterable[Path] = (),
        sources: Mapping[str, str] | None = None,
        files_made: tuple[str, ...] = (),
        folder: str = "",
        stable: str = "",
        endings: tuple[str, ...] = (),
        seeds: tuple[int, ...] = (),
        about: dict[str, Any] | None = None,
    ) -> Node:
        """Add a node; its outputs lie in a fingerprinted ``folder`` or at a ``stable`` path."""
        inputs = tuple(inputs)
        code = self._code([*entries, *_FRAMEWORK[kind]])
        node = make_node(
            self.graph.nodes,
            kind,
            self.paper.key,
            name,
            self.scale,
            spec,
            code,
            inputs,
            files,
            sources,
        )
        if folder:
            place = f"{self.base}/{folder.format(name)}-{node['fingerprint'][:SHORT]}"
            outputs = tuple(f"{place}/{file}" for file in files_made)
            record = f"{place}/record.json"
        else:
            outputs = tuple(f"{self.base}/{stable}{ending}" for ending in endings)
            record = f"{self.base}/{stable}.record.json"
        made = Node(
            **node,
            outputs=outputs,
            record=record,
            seeds=seeds or self._seeds(inputs),
            about=about or {},
        )
        self.graph.nodes[made.id] = made
        return made

    def _code(self, entries: list[str]) -> dict[str, str]:
        try:
            return closure(entries)
        except LookupError as error:
            raise ConfigError(f"papers/{self.paper.key}/paper.yaml: {error}") from None

    def _asks_a_network(self, entry: str) -> bool:
        """Whether the code of a dataset's ``entry`` reaches a model."""
        return any(name.startswith("reprise.models.") for name in self._code([entry]))

    def _entry(self, entry: str) -> str:
        return f"{self.package}.{entry}"

    def _sources(self, where: str, sources: Sources) -> dict[str, str]:
        """``<source>/<file>`` -> sha256 of the local files that ``where`` reads."""
        if not any(sources.values()):
            return {}
        project = find_project()
        return {
            f"{name}/{file}": digest
            for name, path in sources.items()
            if path is not None
            for file, digest in source_digests(
                f"{self.paper.key}.{where}.sources.{name}",
                project.path(path),
                project.cache / "sources.json",
            ).items()
        }

    def _seeds(self, inputs: Iterable[str]) -> tuple[int, ...]:
        return tuple(sorted({seed for i in inputs for seed in self.graph.nodes[i].seeds}))

    def _footer(self, inputs: list[str]) -> str:
        parts = [self.paper.key, f"scale {self.scale}"]
        if seeds := self._seeds(inputs):
            parts += [f"seeds {ranges(seeds)}", f"numerics {self._numerics(inputs)}"]
        return " · ".join(parts)

    def _numerics(self, inputs: list[str]) -> str:
        """The profile of what ``inputs`` are made from; one that touched nothing is not named."""
        if self.lower and not any("numerics" in n.spec for n in self.graph.ancestors(inputs)):
            return "exact"
        return self.graph.config.numerics

    def _in_order(self, kind: str, parents: Mapping[str, tuple[str, ...]]) -> Iterable[str]:
        """Names of ``parents``, each after those that it reads, else as they are written."""
        try:
            return tuple(TopologicalSorter(parents).static_order())
        except CycleError as error:
            file = f"papers/{self.paper.key}/paper.yaml"
            circle = ", ".join(dict.fromkeys(error.args[1]))
            raise ConfigError(f"{file}: {kind} form a circle: {circle}") from None


def _add_report(graph: Graph) -> None:
    shown = tuple(n.id for n in graph.nodes.values() if n.kind in ("figure", "verdict"))
    base = f"results/{graph.config.scale}"
    spec = {
        "papers": [
            {
                **p.model_dump(include={"key", "title", "authors", "year", "link", "abstract"}),
                "deviations": deviations(p.key),
            }
            for p in graph.papers
        ],
        "figures": {n.id: n.about for n in graph.nodes.values() if n.kind == "figure"},
        "scale": graph.config.scale,
        "numerics": graph.config.numerics,
    }
    node = make_node(
        graph.nodes,
        "report",
        "",
        "report",
        graph.config.scale,
        spec,
        closure(_FRAMEWORK["report"]),
        shown,
        sorted((papers_folder().parent / "report").glob("*.jinja"))
        + sorted((papers_folder().parent / "report").glob("*.css")),
    )
    graph.nodes["report"] = Node(
        **node,
        outputs=(f"{base}/report.html", f"{base}/verdicts.csv"),
        record=f"{base}/report.record.json",
        seeds=tuple(sorted({seed for i in shown for seed in graph.nodes[i].seeds})),
    )


def ranges(numbers: tuple[int, ...]) -> str:
    """``(0, 1, 2, 5)`` as ``0-2, 5``."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(f"{p[0]}–{p[-1]}" if len(p) > 1 else str(p[0]) for p in parts)
