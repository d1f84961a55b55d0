"""A result tree as a Workflow Run RO-Crate, written from the records that verify reads.

Profile: Workflow Run Crate 0.5 on RO-Crate 1.1 (https://w3id.org/ro/wfrun/workflow/0.5), with one
action for the run as a whole and one for every record. The crate is derived and says nothing of its
own: the same tree and checkout give the same description.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.records.record import Record, read_record
from reprise.records.tree import LOCK as LOCK_OF_TREE
from reprise.records.tree import RELEASE, Tree, commit_day
from reprise.specs.errors import ConfigError
from reprise.storage.atomic import replacing, sha256

METADATA = "ro-crate-metadata.json"
VERSION = "1.1"
"""Of RO-Crate: the one that the profiles of runs build on."""

WORKFLOW, CONFIG = "Snakefile", "config.yaml"
ENVIRONMENT, LOCK = "environment.yml", "requirements/lock.txt"

_TERMS = "https://w3id.org/ro/terms/workflow-run/context"
_BUILD = {"buildInstructions": "https://codemeta.github.io/terms/buildInstructions"}
_WORKFLOW_PROFILE = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
_LICENSE = "https://spdx.org/licenses/Apache-2.0"
_PROFILES = {
    f"https://w3id.org/{path}/{version}": {"name": name, "version": version}
    for path, version, name in (
        ("ro/wfrun/process", "0.5", "Process Run Crate"),
        ("ro/wfrun/workflow", "0.5", "Workflow Run Crate"),
        ("workflowhub/workflow-ro-crate", "1.0", "Workflow RO-Crate"),
    )
}
_PAGES = {
    **_PROFILES,
    _WORKFLOW_PROFILE: {"name": "Bioschemas ComputationalWorkflow"},
    _LICENSE: {"name": "Apache-2.0"},
    "https://docs.conda.io/projects/conda/": {"name": "Format of a conda environment"},
    "https://pip.pypa.io/": {"name": "Format of a hashed lock of all packages"},
}
"""What the crate refers to outside of it."""

_FORMATS = {
    ENVIRONMENT: ("Conda environment", "https://docs.conda.io/projects/conda/"),
    LOCK: ("Hashed lock of all packages", "https://pip.pypa.io/"),
}
_ENCODINGS = {
    ".css": "text/css",
    ".csv": "text/csv",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    **dict.fromkeys((".jinja", ".smk", ".txt"), "text/plain"),
}
_UNITS = {"_per_s": "PER-SEC", "_s": "SEC", "_bytes": "BYTE"}
"""Ending of a measured field's name -> its unit; counts otherwise."""

_DONE = "http://schema.org/CompletedActionStatus"
_RESULTS = ("table", "figure", "verdict", "report")
"""Kinds whose outputs are what the whole workflow is run for."""
_PARAMETERS_IN_FILES = ("verdict", "report")
"""Kinds whose parameters are texts: claims and captions, which the crate holds as files."""
_LONGEST_ID = 60

_ABSOLUTE = re.compile(r"file:|(?<![\w.:/%~-])/[\w.-]+/[\w./-]+|\b[A-Za-z]:\\")
"""A path of a machine inside a text; the slashes of URLs and relative paths do not match."""

Entity = Any
"""Of rocrate, which is not typed."""
Value = str | int | float | bool


def describe(
    root: Path, graph: Graph, tree: Tree, published: str, agent: str | None = None
) -> ROCrate:
    """The crate of ``tree``, all of whose nodes are valid; ``published`` is an ISO 8601 date.

    Raises:
        FileNotFoundError, UnreadableRecord: a record or a file of the workflow is not there.
    """
    return _Description(root, graph, tree, published, agent).crate


def leaks(crate: ROCrate) -> list[str]:
    """Entities that name an absolute path of a machine, in words."""
    found = []
    for entity in crate.get_entities():
        text = unquote(json.dumps(entity.as_jsonld(), ensure_ascii=False))
        if leak := _ABSOLUTE.search(text):
            found.append(f"{entity.id}: absolute path {leak[0]!r}")
    return sorted(found)


def write(crate: ROCrate, target: Path) -> None:
    """Write ``crate`` to a ZIP file or into a folder, in place of an earlier one.

    Raises:
        ConfigError: there is something in the folder ``target`` and it is no crate.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix == ".zip":
        crate.write_zip(target)
        return
    if target.exists() and any(target.iterdir()) and not (target / METADATA).is_file():
        raise ConfigError(f"{target} is not empty and no crate; choose another folder")
    with replacing(target) as folder:
        crate.write(folder)


def newest_commit(root: Path, records: Iterable[Record]) -> str | None:
    """The UTC day (ISO 8601) of the newest recorded commit; None where git knows none of them."""
    days = (commit_day(root, sha) for sha in {record.commit["sha"] for record in records})
    return max((day for day in days if day), default=None)


class _Description:
    """Fills ``crate``: pages, files of the checkout, files of the tree, actions."""

    def __init__(
        self, root: Path, graph: Graph, tree: Tree, published: str, agent: str | None
    ) -> None:
        self.root, self.tree, self.scale = root, tree, graph.config.scale
        self.graph, self.nodes = graph, list(graph.nodes.values())
        self.papers = sorted({node.paper for node in self.nodes} - {""})
        self.records = {node.id: read_record(tree.path(node.record)) for node in self.nodes}
        self.files: dict[str, Entity] = {}
        """By their path in the crate."""
        self.by: dict[str, Entity] = {}
        self.crate = crate = ROCrate(version=VERSION)
        crate.metadata.extra_contexts.append(_TERMS)
        crate.metadata.extra_terms.update(_BUILD)
        crate.datePublished = published
        crate.name = f"Results of {', '.join(self.papers)} at scale {self.scale}"
        crate.description = "Tables, figures and verdicts, with the records of their making"
        pages = {page: self._add(page, "CreativeWork", **about) for page, about in _PAGES.items()}
        crate.license = pages[_LICENSE]
        crate.root_dataset["conformsTo"] = [pages[profile] for profile in _PROFILES]
        self._add_checkout()
        self._add_tree()
        if agent:
            self.by = {"agent": self._add(_id(f"agent/{agent}"), "Person", name=agent)}
            crate.root_dataset["author"] = self.by["agent"]
        makings = [self._add_making(node, self.records[node.id]) for node in self.nodes]
        crate.root_dataset["mentions"] = [self._add_whole(), *makings]

    # Entities.

    def _add(self, identifier: str, kind: Any, **properties: Any) -> Entity:
        """Add an entity that is no file; one that is there already is replaced."""
        return self.crate.add(ContextEntity(self.crate, identifier, {"@type": kind, **properties}))

    def _add_value(self, scope: str, name: str, value: Value) -> Entity:
        """A value of a parameter or property, named by what it says: equal ones are one entity."""
        text = json.dumps(value)
        if len(text) > _LONGEST_ID:
            text = hashlib.sha256(text.encode()).hexdigest()[:16]
        identifier = _id(f"{scope}/{name}={text.strip(chr(34))}")
        return self._add(identifier, "PropertyValue", name=name, value=value)

    def _add_usage(self, making: str, field: str, value: float) -> Entity:
        """A resource that a making used: ``field`` of the record's ``execution``."""
        unit = next((u for ending, u in _UNITS.items() if field.endswith(ending)), "NUM")
        about = {
            "propertyID": f"urn:reprise:record:v1#execution.{field}",
            "unitCode": f"https://qudt.org/vocab/unit/{unit}",
        }
        identifier = _id(f"{making}/{field}")
        return self._add(identifier, "PropertyValue", name=field, value=value, **about)

    def _add_parameter(self, name: str, paths: Iterable[str]) -> Entity:
        """A formal parameter of the workflow, with the files that were its values."""
        parameter = self.crate.add_formal_parameter(name, "File", _id(f"workflow/{name}"))
        for path in paths:
            self.files[path]["exampleOfWork"] = parameter
        return parameter

    def _add_action(
        self, identifier: str, name: str, tool: Entity, read: Any, made: Any, **more: Any
    ) -> Entity:
        properties = {
            "@type": "CreateAction",
            "name": name,
            "actionStatus": _DONE,
            **more,
            **self.by,
        }
        return self.crate.add_action(tool, identifier, read, made, properties)

    # Files: the workflow as it is in the checkout, and what the records speak of.

    def _add_file(self, path: str, source: Path, digest: str = "", **about: Any) -> None:
        properties = _properties(path, source, digest or sha256(source)) | about
        self.files[path] = self.crate.add_file(source, path, properties=properties)

    def _add_absent(self, path: str, digest: str) -> None:
        self.files[path] = self._add(
            _id(path),
            "CreativeWork",
            name=path,
            description="Described by its digest; the file is not part of this crate",
            creativeWorkStatus="not included",
            sha256=digest,
        )

    def _add_checkout(self) -> None:
        """Workflow, rules, config, environment, the papers' files and the data they read."""
        read = {
            _place(node, name): digest for node in self.nodes for name, digest in node.files.items()
        }
        rules = [f"workflow/rules/{path.name}" for path in self.root.glob("workflow/rules/*.smk")]
        declared = [
            f"src/papers/{key}/{path.name}"
            for key in self.papers
            for path in self.root.glob(f"src/papers/{key}/*.yaml")
        ]
        here = [path for path in read if (self.root / path).is_file()]
        for path in (CONFIG, *_FORMATS, *sorted(rules), *sorted(declared), *sorted(here)):
            about = dict[str, Any]()
            if path in _FORMATS:
                name, page = _FORMATS[path]
                about = {"description": name, "conformsTo": {"@id": page}}
            elif path.endswith(".smk"):
                about = {"@type": ["File", "SoftwareSourceCode"]}
            self._add_file(path, self.root / path, **about)
        about = {
            "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
            "conformsTo": {"@id": _WORKFLOW_PROFILE},
            "buildInstructions": [self.files[path] for path in _FORMATS],
            "mentions": [self.files[path] for path in sorted(rules)],
        }
        source, lock = self.root / WORKFLOW, (self.root / LOCK).read_text("utf-8")
        engine = re.search(r"^snakemake==(\S+)", lock, re.MULTILINE)
        self.crate.add_workflow(
            source,
            WORKFLOW,
            properties=_properties(WORKFLOW, source, sha256(source)) | about,
            main=True,
            lang="snakemake",
            lang_version=engine[1] if engine else None,
        )
        for path in sorted(read.keys() - self.files.keys()):
            self._add_absent(path, read[path])

    def _add_tree(self) -> None:
        """Records, outputs, lock and stamp; outputs that the tree leaves out by digest alone."""
        for node in self.nodes:
            about = f"Record of {node.id}: what it was made from, and how"
            self._add_file(node.record, self.tree.path(node.record), description=about)
            texts = (("alternateName", "title"), ("description", "caption"))
            shown = {name: node.about[text] for name, text in texts if node.about.get(text)}
            for path in node.outputs:
                digest = self.records[node.id].outputs[PurePosixPath(path).name]
                if self.tree.path(path).is_file():
                    self._add_file(path, self.tree.path(path), digest, **shown)
                else:
                    self._add_absent(path, digest)
        for name, about in {
            LOCK_OF_TREE: "Digests of the files that the tree was made with",
            RELEASE: "The release whose code made the tree",
        }.items():
            source = self.tree.folder / name
            if source.is_file():
                self._add_file(f"results/{self.scale}/{name}", source, description=about)

    # What was done: one action for every record, and one for the run as a whole.

    def _add_making(self, node: Node, record: Record) -> Entity:
        """What a record says: tool, inputs, parameters, outputs, time, memory, surroundings."""
        around = {"fingerprint": record.fingerprint, "seeds": record.node["seeds"]}
        around |= {k: v for k, v in record.environment.items() if k not in ("versions", "python")}
        usage = []
        for name, value in _flat(record.execution):
            if isinstance(value, int | float) and not isinstance(value, bool) and "." not in name:
                usage.append(self._add_usage(f"make/{node.id}", name, value))
            else:
                around[name] = value
        spec = {} if node.kind in _PARAMETERS_IN_FILES else dict(record.spec)
        # Those of a run stand without the prefix that all of them share.
        spec |= {k: v for k, v in spec.pop("run", {}).items() if k != "members"}
        values = [self._add_value(node.kind, *pair) for pair in _flat(spec)]
        return self._add_action(
            _id(f"make/{node.id}"),
            f"Making of {node.id}",
            self._add_tool(record),
            [*(self.files[path] for path in self._read_by(node, record)), *values],
            [self.files[path] for path in node.outputs],
            description=f"reprise make, fingerprint {record.fingerprint}",
            subjectOf=self.files[node.record],
            resourceUsage=usage,
            additionalProperty=[self._add_value("around", *pair) for pair in _flat(around)],
        )

    def _add_whole(self) -> Entity:
        """The run of the workflow: what people wrote for it, what came of it, with which tools."""
        workflow, chosen = self.crate.mainEntity, self._written()
        tools = {_tool_id(record) for record in self.records.values()}
        workflow["hasPart"] = [{"@id": tool} for tool in sorted(tools)]
        results = {
            kind: [path for node in self.nodes if node.kind == kind for path in node.outputs]
            for kind in _RESULTS
        }
        workflow["input"] = [self._add_parameter(path, [path]) for path in chosen]
        workflow["output"] = [
            self._add_parameter(f"{kind}/outputs", paths)
            for kind, paths in results.items()
            if paths
        ]
        measured = [record.execution for record in self.records.values()]
        seconds = round(sum(item["wall_s"] for item in measured), 3)
        memory = max(item["peak_memory_bytes"] for item in measured)
        scale = self._add_value("workflow", "scale", self.scale)
        return self._add_action(
            "#run",
            f"Run of the workflow at scale {self.scale}",
            workflow,
            [*(self.files[path] for path in chosen), scale],
            [self.files[path] for paths in results.values() for path in paths],
            description="wall_s adds up the jobs, of which several may have run at a time",
            resourceUsage=[
                self._add_usage("run", "wall_s", seconds),
                self._add_usage("run", "peak_memory_bytes", memory),
            ],
        )

    def _add_tool(self, record: Record) -> Entity:
        """The rule's command at one commit, the code it wraps, and the packages it needs."""
        kind = "SoftwareApplication"
        edited = "-edited" if record.commit["dirty"] else ""
        version = f"{record.commit['sha'] or 'unknown'}{edited}"
        needed = {**record.environment["versions"], "python": record.environment["python"]}
        packages = []
        for name, number in sorted(needed.items()):
            url = f"pkg:{'generic' if name == 'python' else 'pypi'}/{name}@{number}"
            packages.append(self._add(url, kind, name=name, version=number))
        reprise = self._add(_id(f"reprise/{version}"), kind, name="reprise", version=version)
        return self._add(
            _tool_id(record),
            kind,
            name=f"reprise make ({record.node['kind']})",
            softwareVersion=version,
            mainEntity=reprise,
            softwareRequirements=packages,
        )

    def _written(self) -> list[str]:
        """Of the files of the crate those that people wrote for the workflow."""
        return [path for path in self.files if path == CONFIG or path.startswith("src/")]

    def _read_by(self, node: Node, record: Record) -> list[str]:
        """Paths of what ``node`` was made from: outputs of others, and files that people wrote."""
        made = [
            path
            for parent in self.graph.parents(node)
            for path in parent.outputs
            if PurePosixPath(path).name in record.inputs[parent.id]["outputs"]
        ]
        written = [path for path in self._written() if _declares(path, node)]
        return [*made, *written, *(_place(node, name) for name in sorted(node.files))]


def _id(name: str) -> str:
    """The id of an entity that is no file."""
    return "#" + quote(name, safe="/=:,+@")


def _tool_id(record: Record) -> str:
    named = [record.commit, record.environment["versions"], record.environment["python"]]
    mark = hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:12]
    return _id(f"tool/{record.node['kind']}/{mark}")


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Value]]:
    """``(path, value)`` of every leaf of nested dicts; a list is a leaf, as JSON; None is none."""
    if isinstance(value, dict):
        for name in sorted(value):
            yield from _flat(value[name], f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        yield path, json.dumps(value, sort_keys=True)
    elif value is not None:
        yield path, value


def _properties(path: str, source: Path, digest: str) -> dict[str, Any]:
    return {
        "name": path,
        "contentSize": str(source.stat().st_size),
        "encodingFormat": _ENCODINGS.get(PurePosixPath(path).suffix, "application/octet-stream"),
        "sha256": digest,
    }


def _place(node: Node, name: str) -> str:
    """The path in the crate of a file that ``node`` reads: that in the checkout, if it is there."""
    return f"local/{node.paper}/{name}" if node.kind == "dataset" else f"src/{name}"


def _declares(path: str, node: Node) -> bool:
    """Whether ``path`` decides what ``node`` is; the claims decide verdicts only."""
    own = PurePosixPath(path).match(f"papers/{node.paper or '*'}/*.yaml")
    return path == CONFIG or (own and (node.kind == "verdict" or path.endswith("/paper.yaml")))
