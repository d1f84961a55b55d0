"""Build the graph of nodes from the config and the papers' files."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from reprise.graph.closure import closure, entry_digest
from reprise.graph.local_files import file_digests
from reprise.graph.nodes import SHORT, Node, fingerprint, full_entry, ranges
from reprise.project import find_project
from reprise.specs.claims import Claims
from reprise.specs.config import Config
from reprise.specs.errors import ConfigError, suggest
from reprise.specs.load import (
    CHART_LIBRARY,
    OTHER_ROUNDING,
    deviations,
    load_claims,
    load_papers,
    paper_keys,
    papers_folder,
    report_assets,
    report_folder,
)
from reprise.specs.paper import PaperSpec, Sources
from reprise.specs.runs import JobSpec, jobs, lower

SCHEMA = 2
"""Version of what a fingerprint hashes."""


@dataclass(frozen=True)
class Kind:
    """What all nodes of one kind have in common."""

    place: str
    """Beginning of the paths of outputs below ``results/<scale>/<paper>/``; ``mark`` is the
    beginning of the fingerprint."""
    outputs: tuple[str, ...]
    """How their paths go on."""
    code: tuple[str, ...]
    """The pipeline's own entries that determine the content, besides those of the paper."""

    record: str = ".record.json"
    """How the path of the record goes on."""


KINDS = {
    "dataset": Kind(
        "datasets/{name}-{mark}/",
        ("data.safetensors",),
        ("reprise.training.devices:prepare", "reprise.storage.tensors:encode"),
        "record.json",
    ),
    "run": Kind(
        "runs/{name}-{mark}/",
        ("params.safetensors", "views.safetensors", "metrics.csv"),
        (
            "reprise.training.loop:train",
            "reprise.training.devices:configure",
            "reprise.jobs.train:metrics",
            "reprise.storage.frames:csv_bytes",
            "reprise.storage.tensors:encode",
        ),
        "record.json",
    ),
    "table": Kind(
        "tables/{name}",
        (".csv",),
        (
            "reprise.training.devices:prepare",
            "reprise.results:Inputs",
            "reprise.results:join_jobs",
            "reprise.storage.frames:csv_bytes",
            "reprise.storage.frames:parse_csv",
        ),
    ),
    "figure": Kind(
        "figures/{name}",
        (".svg", ".png"),
        ("reprise.plotting.render:render", "reprise.storage.frames:parse_csv"),
    ),
    "verdict": Kind(
        "verdicts",
        (".csv",),
        (
            "reprise.stats.verdicts:judge",
            "reprise.storage.frames:csv_bytes",
            "reprise.storage.frames:parse_csv",
        ),
    ),
    "report": Kind(
        "",
        ("index.html", "verdicts.csv"),
        ("reprise.report.html:build", "reprise.storage.frames:csv_bytes"),
        "report.record.json",
    ),
}
_ARITHMETIC = "reprise.training.numerics"
"""Determines it, too, where the numerics profile is one of lower precision."""


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


def build(config: Config) -> Graph:
    """The graph of ``config``'s papers at its scale; raises ConfigError."""
    graph = Graph(config)
    for paper in load_papers(config):
        graph.papers.append(paper)
        graph.claims[paper.key] = load_claims(paper)
        _Builder(graph, paper).add_all()
    _add_report(graph)
    return graph


def run_code(job: JobSpec) -> dict[str, str]:
    """The code of the run that ``job`` describes, whether or not a paper has it; LookupError."""
    return closure([*_run_entries(job), *KINDS["run"].code])


class _Builder:
    """Adds the nodes of one paper."""

    def __init__(self, graph: Graph, paper: PaperSpec) -> None:
        self.graph = graph
        self.paper = paper
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
            entries=[entry, *([_ARITHMETIC] if profile else [])],
            inputs=self._ids(dataset=spec.datasets or ()),
            files=self._local_files(f"datasets.{name}", spec.sources or {}),
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
                entries=_run_entries(job),
                seeds=tuple(dict.fromkeys(int(m["seed"]) for m in job.members)),
                job=job,
            )
            self.run_nodes.setdefault(name, []).append(node.id)

    def _table(self, name: str) -> None:
        spec = self.paper.tables[name]
        runs = [node for run in spec.runs for node in self.run_nodes[run]]
        self._add(
            "table",
            name,
            spec=spec.model_dump(mode="json", exclude_none=True, exclude={"tolerance"}),
            entries=[self._entry(spec.entry)],
            inputs=[*runs, *self._ids(dataset=spec.datasets, table=spec.tables)],
            files=_digests(
                (papers_folder() / self.paper.key / "reference" / file for file in spec.reference),
                papers_folder().parent,
                f"papers/{self.paper.key}/paper.yaml: no reference file",
            ),
            about={"tolerance": spec.tolerance} if spec.tolerance else {},
        )

    def _figure(self, name: str) -> None:
        spec = self.paper.figures[name]
        inputs = self._ids(table=spec.tables)
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
            about={"title": spec.title, "caption": spec.caption, "source": spec.source},
        )

    def _verdict(self) -> None:
        claims = self.graph.claims[self.paper.key]
        self._add(
            "verdict",
            "verdicts",
            spec=claims.model_dump(mode="json", exclude_none=True),
            entries=[],
            inputs=self._ids(table=claims.tables),
            files=rounding_digests(self.paper.key),
        )

    def _add(self, kind: str, name: str, **parts: Any) -> Node:
        return _add_node(self.graph, kind, self.paper.key, name, **parts)

    def _entry(self, entry: str) -> str:
        return full_entry(self.paper.key, entry)

    def _ids(self, **names: Iterable[str]) -> list[str]:
        return [f"{self.paper.key}/{kind}/{name}" for kind, own in names.items() for name in own]

    def _asks_a_network(self, entry: str) -> bool:
        """Whether the code of a dataset's ``entry`` reaches a model."""
        return any(".models." in name for name in _code(self.paper.key, [entry]))

    def _local_files(self, where: str, sources: Sources) -> dict[str, str]:
        """``<name>/<file>`` -> sha256 of the local files that ``where`` reads."""
        if not any(sources.values()):
            return {}
        project = find_project()
        return {
            f"{name}/{file}": digest
            for name, path in sources.items()
            if path is not None
            for file, digest in file_digests(
                f"{self.paper.key}.{where}.sources.{name}",
                project.path(path),
                project.cache / "sources.json",
            ).items()
        }

    def _footer(self, inputs: list[str]) -> str:
        """What is written below a figure; a numerics profile that touched nothing is not named."""
        made_from = self.graph.ancestors(inputs)
        parts = [self.paper.key, f"scale {self.graph.config.scale}"]
        for kind, name in (("run", "training seed"), ("dataset", "data seed")):
            seeds = sorted({s for node in made_from if node.kind == kind for s in node.seeds})
            if seeds:
                parts.append(f"{name}{'s' if len(seeds) > 1 else ''} {ranges(seeds)}")
        if len(parts) > 2:
            idle = self.lower and not any("numerics" in n.spec for n in made_from)
            parts.append(f"numerics {'exact' if idle else self.graph.config.numerics}")
        return " · ".join(parts)

    def _in_order(self, kind: str, parents: Mapping[str, tuple[str, ...]]) -> Iterable[str]:
        """Names of ``parents``, each after those that it reads, else as they are written."""
        try:
            return tuple(TopologicalSorter(parents).static_order())
        except CycleError as error:
            file = f"papers/{self.paper.key}/paper.yaml"
            circle = ", ".join(dict.fromkeys(error.args[1]))
            raise ConfigError(f"{file}: {kind} form a circle: {circle}") from None


def _add_report(graph: Graph) -> None:
    """The report of the chosen papers; one of a few does not stand in the place of that of all."""
    own = graph.nodes.values()
    explorables = {
        p.key: f"papers.{p.key}.explorables:blocks"
        for p in graph.papers
        if (papers_folder() / p.key / "explorables.py").is_file()
    }
    read = {i for n in own if n.kind == "figure" and n.paper in explorables for i in n.inputs}
    shown = [n.id for n in own if n.kind in ("figure", "verdict") or n.id in read]
    spec = {
        "papers": [
            {
                **p.model_dump(include={"key", "title", "authors", "year", "link", "abstract"}),
                "deviations": deviations(p.key),
            }
            for p in graph.papers
        ],
        "figures": {n.id: n.about for n in own if n.kind == "figure"},
        "explorables": explorables,
        "scale": graph.config.scale,
        "numerics": graph.config.numerics,
    }
    files = _digests(sorted(report_folder().iterdir()), report_folder().parents[2])
    keys = [paper.key for paper in graph.papers]
    every = graph.config.papers == "all" or set(keys) == set(paper_keys())
    below = "report/" if every else f"reports/{'+'.join(keys)}/"
    pages = [f"{key}{ending}" for key in keys for ending in (".html", "-code.html")]
    rest: dict[str, Any] = {"inputs": shown, "files": files, "below": below}
    library = [CHART_LIBRARY] if explorables else []
    rest["more"] = [*pages, *library, *(path.name for path in report_assets())]
    _add_node(graph, "report", "", "report", spec=spec, entries=explorables.values(), **rest)


def _add_node(
    graph: Graph,
    kind: str,
    paper: str,
    name: str,
    *,
    spec: dict[str, Any],
    entries: Iterable[str],
    inputs: Iterable[str] = (),
    files: Mapping[str, str] | None = None,
    seeds: tuple[int, ...] = (),
    about: dict[str, Any] | None = None,
    job: JobSpec | None = None,
    below: str = "",
    more: Iterable[str] = (),
) -> Node:
    """Add one node, with ``more`` outputs than its kind has; ConfigError: an entry is not there."""
    scale, common = graph.config.scale, KINDS[kind]
    code = _code(paper, [*entries, *common.code])
    hashed = {
        "schema": SCHEMA,
        "kind": kind,
        "spec": {key: value for key, value in spec.items() if key != "entry"},
        "entry": entry_digest(next(iter(entries))) if "entry" in spec else "",
        "code": sorted(set(code.values())),
        "inputs": {i: graph.nodes[i].fingerprint for i in inputs},
        "files": sorted(
            (path.rpartition("/")[2], sha256) for path, sha256 in (files or {}).items()
        ),
    }
    mark = fingerprint(hashed)
    folder = f"results/{scale}/{paper}/" if paper else f"results/{scale}/{below}"
    place = folder + common.place.format(name=name, mark=mark[:SHORT])
    node = Node(
        id=f"{paper}/{kind}/{name}" if paper else kind,
        kind=kind,
        paper=paper,
        name=name,
        scale=scale,
        spec=spec,
        code=code,
        inputs=tuple(inputs),
        files=dict(files or {}),
        fingerprint=mark,
        outputs=tuple(f"{place}{ending}" for ending in (*common.outputs, *more)),
        record=f"{place}{common.record}",
        seeds=seeds or _seeds(graph, inputs),
        about=about or {},
        job=job,
    )
    graph.nodes[node.id] = node
    return node


def _code(paper: str, entries: list[str]) -> dict[str, str]:
    try:
        return closure(entries)
    except LookupError as error:
        raise ConfigError(f"papers/{paper}/paper.yaml: {error}") from None


def _seeds(graph: Graph, inputs: Iterable[str]) -> tuple[int, ...]:
    return tuple(sorted({seed for i in inputs for seed in graph.nodes[i].seeds}))


def _run_entries(job: JobSpec) -> list[str]:
    task, model, optimizer = job.run.task, job.run.model, job.run.optimizer
    return [
        *map(_type_entry, (task, model, optimizer)),
        task.module,
        model.module,
        f"reprise.training.optimizers:{optimizer.name}",
        *([_ARITHMETIC] if job.numerics else []),
    ]


def _type_entry(spec: Any) -> str:
    return f"{type(spec).__module__}:{type(spec).__name__}"


def rounding_digests(paper: str) -> dict[str, str]:
    """Path -> sha256 of the paper's verdicts with other rounding; empty where none are kept."""
    return _digests((papers_folder() / paper).glob(OTHER_ROUNDING), papers_folder().parent)


def _digests(files: Iterable[Path], root: Path, missing: str = "no file") -> dict[str, str]:
    """Path below ``root`` -> sha256; raises ConfigError, beginning with ``missing``."""
    found = {}
    for path in files:
        if not path.is_file():
            near = suggest(path.name, (p.name for p in path.parent.glob("*")))
            raise ConfigError(f"{missing} {path.name!r}{near}")
        found[path.relative_to(root).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
