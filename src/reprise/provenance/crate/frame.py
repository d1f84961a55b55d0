"""The frame of a crate: its root, its profiles, its files and the workflow among them."""

from collections.abc import Iterable
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from reprise.graph.build import Graph
from reprise.provenance.crate.parts import ENVIRONMENTS, WORKFLOW, Part
from reprise.provenance.crate.values import Entity, ref

VERSION = "1.1"
"""Of RO-Crate: the one that the profiles of runs build on."""

_TERMS = "https://w3id.org/ro/terms/workflow-run/context"
_BUILD = {"buildInstructions": "https://codemeta.github.io/terms/buildInstructions"}
_WORKFLOW_PROFILE = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
_LICENSE = "https://spdx.org/licenses/Apache-2.0"
_FIRST = ("ro-crate-metadata.json", "./")


def begin(graph: Graph, parts: dict[str, Part], published: str) -> Any:
    """A crate of ``parts`` (by their paths), with nothing said yet of how they were made."""
    crate = ROCrate(version=VERSION)
    crate.metadata.extra_contexts.append(_TERMS)
    crate.metadata.extra_terms.update(_BUILD)
    papers = sorted({node.paper for node in graph.nodes.values()} - {""})
    root = crate.root_dataset
    root["datePublished"] = published
    root["name"] = f"Results of {', '.join(papers)} at scale {graph.config.scale}"
    root["description"] = "Tables, figures and verdicts, with the records of their making"
    root["license"] = ref(_LICENSE)
    root["conformsTo"] = [ref(profile) for profile in _PROFILES]
    for path, part in parts.items():
        if path != WORKFLOW:
            crate.add_file(dest_path=path, properties=part.properties)
    about = {
        **parts[WORKFLOW].properties,
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        "conformsTo": ref(_WORKFLOW_PROFILE),
        "buildInstructions": [parts[path].ref for path in ENVIRONMENTS],
        "mentions": [part.ref for path, part in parts.items() if path.endswith(".smk")],
    }
    crate.add_workflow(dest_path=WORKFLOW, properties=about, main=True, lang="snakemake")
    add(crate, _pages())
    return crate


def add(crate: Any, entities: Iterable[Entity]) -> None:
    """Add ``entities`` that are no files; one that is there already is replaced."""
    for entity in entities:
        properties = {name: value for name, value in entity.items() if name != "@id"}
        crate.add(ContextEntity(crate, entity["@id"], properties=properties))


def metadata(crate: Any) -> dict[str, Any]:
    """The JSON-LD of ``crate``: entities in the order of their ids, no list of one."""
    document = crate.metadata.generate()
    entities = sorted(document["@graph"], key=lambda e: (e["@id"] not in _FIRST, e["@id"]))
    return {**document, "@graph": [{k: _single(v) for k, v in e.items()} for e in entities]}


def _pages() -> Iterable[Entity]:
    for identifier, (name, version) in _PROFILES.items():
        yield {"@id": identifier, "@type": "CreativeWork", "name": name, "version": version}
    pages = {page: f"Format of a {name.lower()}" for name, page in ENVIRONMENTS.values()}
    pages |= {_WORKFLOW_PROFILE: "Bioschemas ComputationalWorkflow", _LICENSE: "Apache-2.0"}
    for identifier, name in pages.items():
        yield {"@id": identifier, "@type": "CreativeWork", "name": name}


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value
