"""Load a project's config and its papers, resolved for the chosen scale."""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt

from reprise.specs.base import Name, Strict
from reprise.specs.claims import Claims
from reprise.specs.errors import ConfigError, refuse_unknown, validate
from reprise.specs.paper import SCALES, Columns, Dictionary, PaperSpec, Scale, paper_spec
from reprise.specs.runs import DTYPES, Profile
from reprise.specs.yamlfile import as_yaml, read_yaml

OTHER_ROUNDING = "reference/other_rounding.csv"
"""Below the folder of a paper: verdicts of the last release, made again with other rounding."""
_NODES = ("datasets", "runs", "tables", "figures")
_DEVIATIONS = re.compile(r"^## Deviations\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_SHARED_COLUMNS = "shared/columns.yaml"


class Config(Strict):
    """Choices of a user; every default is here and only here."""

    scale: Scale = Field("cpu", description="Size of everything: smoke, cpu, night, gpu or paper.")
    papers: Annotated[list[Name], Field(min_length=1)] | Literal["all"] = Field(
        "all", description="Keys of the papers, or all."
    )
    seeds: PositiveInt | None = Field(
        None, description="Number of training seeds of every run; null keeps each paper's own."
    )
    numerics: Profile = Field(
        "exact",
        description="exact: each run's own dtype; f64: every run in float64; bf16: bfloat16 "
        "products, float32 else; fast: what the accelerator does fastest with float32.",
    )
    overrides: dict[str, Any] = Field(
        default_factory=dict,
        description="Any parameter by its path, "
        "e.g. pearce2023.runs.main.optimizer.weight_decay: 0.5",
    )


def papers_folder() -> Path:
    """The folder that holds one folder per paper."""
    return Path(str(resources.files("papers")))


def report_folder() -> Path:
    """The folder of the report's templates, styles and scripts."""
    return Path(str(resources.files("reprise"))) / "report" / "site"


CHART_LIBRARY = "vega.js"
"""The script beside the report's pages that draws explorable blocks; made, as it is large."""


def report_assets() -> list[Path]:
    """The styles and scripts that lie beside the report's pages."""
    return sorted(path for path in report_folder().iterdir() if path.suffix in (".css", ".js"))


def paper_keys() -> list[str]:
    """Keys of all papers, in the order of their folders."""
    return sorted(path.parent.name for path in papers_folder().glob("*/paper.yaml"))


def load_config(file: Path, overlay: Mapping[str, Any] | None = None) -> Config:
    """``file`` with the values of ``overlay`` on top; raises ConfigError."""
    given = dict(overlay or {})
    if isinstance(given.get("overrides"), Mapping):
        # As YAML has them: Snakemake's --config makes them all text.
        given["overrides"] = {path: as_yaml(value) for path, value in given["overrides"].items()}
    config = validate(Config, {**read_yaml(file), **given}, file.name)
    known = paper_keys()
    for key in config.papers if config.papers != "all" else ():
        refuse_unknown(key, known, f"{file.name}: papers: {key!r} does not exist")
    for path in config.overrides:
        first = path.split(".")[0]
        refuse_unknown(first, known, f"{file.name}: overrides.{path}: no paper {first!r}")
    return config


def load_papers(config: Config) -> list[PaperSpec]:
    """The chosen papers, resolved; raises ConfigError."""
    keys = paper_keys() if config.papers == "all" else dict.fromkeys(config.papers)
    papers = (load_paper(key, config) for key in keys)
    return sorted(papers, key=lambda paper: (paper.order, paper.key))


def every_paper(config: Config) -> list[PaperSpec]:
    """All papers, whichever are chosen, resolved; raises ConfigError."""
    return load_papers(config.model_copy(update={"papers": "all"}))


def load_paper(key: str, config: Config) -> PaperSpec:
    """One paper at ``config.scale`` with the user's other choices; raises ConfigError."""
    file = papers_folder() / key / "paper.yaml"
    name = f"papers/{key}/paper.yaml"
    data = _at_scale(read_yaml(file), config.scale, name)
    paper = validate(paper_spec(key), data, name)
    if paper.key != key:
        raise ConfigError(f"{name}: key: {paper.key!r} must be the folder's name {key!r}")
    return _with_choices(paper, config)


def load_claims(paper: PaperSpec) -> Claims:
    """The claims and gates of ``paper``; ConfigError: a field is wrong, or a name is unknown."""
    name = f"papers/{paper.key}/claims.yaml"
    claims = validate(Claims, read_yaml(papers_folder() / paper.key / "claims.yaml"), name)
    for claim, said in claims.claims.items():
        text = f"{name}: claims.{claim}.figure: no figure {said.figure!r}"
        refuse_unknown(said.figure, paper.figures, text)
    for table in claims.tables:
        refuse_unknown(table, paper.tables, f"{name}: no table {table!r}")
    shown = paper.headlines
    for claim in (*shown.claims, *(of_readme.claim for of_readme in shown.of_readme)):
        text = f"papers/{paper.key}/paper.yaml: headlines: no claim {claim!r}"
        refuse_unknown(claim, claims.claims, text)
    return claims


def load_columns(paper: PaperSpec) -> Dictionary:
    """What the columns of the tables of ``paper`` hold; raises ConfigError."""
    files = [f"{paper.key}/columns.yaml"]
    if (papers_folder() / _SHARED_COLUMNS).is_file():
        files.append(_SHARED_COLUMNS)
    own, *shared = (
        validate(Columns, read_yaml(papers_folder() / file), f"papers/{file}") for file in files
    )
    for table in own.tables:
        refuse_unknown(table, paper.tables, f"papers/{files[0]}: tables: no table {table!r}")
    return Dictionary((own, *shared))


def deviations(key: str) -> list[list[str]]:
    """Where the replication ``key`` differs from its paper: the *Deviations* table of its README.

    Rows are (setting, paper, ours, why), as plain text. Raises ConfigError.
    """
    file = f"papers/{key}/README.md"
    path = papers_folder() / key / "README.md"
    section = _DEVIATIONS.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    if section is None:
        raise ConfigError(f"{file}: needs a section '## Deviations' with a table")
    lines = [line.strip() for line in section[1].splitlines() if line.lstrip().startswith("|")]
    rows = [re.sub(r"`|\*\*", "", line).strip("|").split("|") for line in lines[2:]]
    for name, *rest in rows:
        if len(rest) != 3:
            said = f"the deviation {name.strip()!r} has {len(rest) + 1} cells, not 4"
            raise ConfigError(f"{file}: {said}")
    return [[cell.strip() for cell in row] for row in rows]


def _at_scale(data: dict[str, Any], scale: str, file: str) -> dict[str, Any]:
    """``data`` with the values of ``scale`` set in every node; the models judge the rest."""
    for kind in _NODES:
        if not isinstance(nodes := data.get(kind), dict):
            continue
        # An anchor gives several nodes one and the same mapping.
        nodes = data[kind] = {name: copy.deepcopy(node) for name, node in nodes.items()}
        for name, node in nodes.items():
            where = f"{file}: {kind}.{name}.scales"
            scales = _mapping(where, node.pop("scales", {}) if isinstance(node, dict) else {})
            for unknown in scales:
                refuse_unknown(unknown, SCALES, f"{where}.{unknown}: unknown scale")
            for path, value in _mapping(f"{where}.{scale}", scales.get(scale, {})).items():
                _set(node, path, value, f"{where}.{scale}.{path}")
    return data


def _mapping(where: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: must be a mapping (value: {value!r})")
    return value


def _set(node: dict[str, Any], path: str, value: Any, where: str) -> None:
    """Set a dotted path; member axes have dots of their own: ``members.`` keeps its rest whole."""
    *parents, last = path.split(".")
    if path.startswith("members."):
        parents, last = ["members"], path.removeprefix("members.")
    for part in parents:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise ConfigError(f"{where}: {part} is not a mapping")
    node[last] = value


def _with_choices(paper: PaperSpec, config: Config) -> PaperSpec:
    data = paper.model_dump(mode="json")
    for run in data["runs"].values():
        if config.seeds is not None:
            run["members"]["seed"] = _seeds(run["members"]["seed"], config.seeds)
        run["dtype"] = DTYPES.get(config.numerics, run["dtype"])
    own = {p: v for p, v in config.overrides.items() if p.split(".")[0] == paper.key}
    for path, value in own.items():
        known = {f"{paper.key}.{leaf}": place for leaf, place in _leaves(data)}
        refuse_unknown(path, known, f"config.yaml: overrides.{path}: no such parameter")
        holder, last = known[path]
        holder[last] = value
    for kind in _NODES:
        for node in data[kind].values():
            node |= {field: _by_name(node[field]) for field in node if field != "members"}
    file = "config.yaml: overrides" if own else f"papers/{paper.key}/paper.yaml"
    return validate(type(paper), data, file, paper.key if own else "")


def _by_name(value: Any) -> Any:
    """``value`` with all mappings sorted: what no fingerprint and no record tells decides nothing.

    The axes of ``members`` keep their order, which a job's list of members tells.
    """
    if isinstance(value, dict):
        return {name: _by_name(value[name]) for name in sorted(value)}
    return [_by_name(inner) for inner in value] if isinstance(value, list) else value


def _seeds(own: list[int], wanted: int) -> list[int]:
    extra = range(max(own) + 1, max(own) + 1 + max(0, wanted - len(own)))
    return [*own[:wanted], *extra]


def _leaves(data: Any, prefix: str = "") -> Iterator[tuple[str, tuple[Any, Any]]]:
    for name, value in data.items():
        path = f"{prefix}{name}"
        yield path, (data, name)
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}.")


def schemas() -> dict[str, str]:
    """JSON Schema of every file that people write: file name -> text."""
    models: dict[str, type[Strict]] = {"config": Config, "claims": Claims, "columns": Columns}
    papers = {key: paper_spec(key).model_json_schema() for key in paper_keys()}
    for schema in papers.values():
        _as_written(schema)
    texts = papers | {name: model.model_json_schema() for name, model in models.items()}
    return {
        f"{name}.schema.json": json.dumps(schema, indent=2, sort_keys=True) + "\n"
        for name, schema in texts.items()
    }


def _as_written(schema: dict[str, Any]) -> None:
    """Allow in a paper's schema what is resolved before the models see it: scales and ranges."""
    per_scale = {
        "type": "object",
        "propertyNames": {"enum": list(SCALES)},
        "additionalProperties": {"type": "object"},
    }
    for kind in _NODES:
        (node,) = schema["properties"][kind]["patternProperties"].values()
        schema["$defs"][node["$ref"].rpartition("/")[2]]["properties"]["scales"] = per_scale
    members = schema["$defs"]["RunSpec"]["properties"]["members"]
    ends = {"first": {"type": "integer"}, "last": {"type": "integer"}}
    strict = {"required": list(ends), "additionalProperties": False}
    span = {"type": "object", "properties": ends, **strict}
    members["additionalProperties"] = {"anyOf": [members["additionalProperties"], span]}
