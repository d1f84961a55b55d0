"""The graph: which nodes there are, where they go, and what changes the fingerprint of which."""

import hashlib
import os
import re
from pathlib import Path
from typing import Any

import pytest
from small_paper import CLAIMS

from reprise.cli.target import find_target
from reprise.graph import build as subject
from reprise.graph.build import Graph, file_digests
from reprise.graph.nodes import full_entry, ranges
from reprise.project import Project
from reprise.specs.errors import ConfigError
from reprise.specs.load import Config, report_assets

MAIN = {
    "small2024/run/main/00",
    "small2024/table/summary",
    "small2024/table/last",
    "small2024/figure/F1-accuracy",
    "small2024/figure/F2-last",
    "small2024/verdict/verdicts",
    "report",
}
OTHER = {
    "small2024/run/other/00",
    "small2024/table/other",
    "small2024/figure/F10-other",
    "report",
}


def changed(before: Graph, after: Graph) -> set[str]:
    """Ids of the nodes whose fingerprint differs."""
    assert before.nodes.keys() == after.nodes.keys()
    return {i for i in before.nodes if before.nodes[i].fingerprint != after.nodes[i].fingerprint}


def test_parents_come_before_children(build: Any) -> None:
    graph = build()
    assert set(graph.nodes) == MAIN | OTHER
    place = {node: number for number, node in enumerate(graph.nodes)}
    for node in graph.nodes.values():
        assert all(place[parent] < place[node.id] for parent in node.inputs)


def test_entries_are_of_the_paper_or_of_the_shared_room() -> None:
    assert full_entry("small2024", "tables.last:last") == "papers.small2024.tables.last:last"
    assert full_entry("small2024", "shared.last:last") == "papers.shared.last:last"
    assert full_entry("small2024", "shared_last:last") == "papers.small2024.shared_last:last"


def test_runs_lie_under_their_fingerprint_and_the_rest_under_stable_names(build: Any) -> None:
    graph = build()
    run = graph.nodes["small2024/run/main/00"]
    folder = f"results/cpu/small2024/runs/main/00-{run.fingerprint[:12]}"
    assert run.outputs[0] == f"{folder}/params.safetensors"
    assert run.record == f"{folder}/record.json"
    assert graph.nodes["small2024/table/summary"].outputs == (
        "results/cpu/small2024/tables/summary.csv",
    )
    figure = graph.nodes["small2024/figure/F1-accuracy"]
    assert figure.outputs == tuple(
        f"results/cpu/small2024/figures/F1-accuracy.{ending}" for ending in ("svg", "png")
    )
    assert graph.nodes["report"].outputs == tuple(
        f"results/cpu/report/{name}"
        for name in (
            "index.html",
            "verdicts.csv",
            "small2024.html",
            "small2024-code.html",
            *(path.name for path in report_assets()),
        )
    )


def test_the_report_of_a_few_papers_does_not_replace_that_of_all(
    build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "paper_keys", lambda: ["other2024", "small2024"])
    few, every = build(papers=["small2024"]), build()
    own = few.nodes["report"]
    assert own.outputs[0] == "results/cpu/reports/small2024/index.html"
    assert own.record == "results/cpu/reports/small2024/report.record.json"
    assert not set(own.outputs) & set(every.nodes["report"].outputs)
    assert few.nodes["small2024/verdict/verdicts"] == every.nodes["small2024/verdict/verdicts"]


def test_explorable_blocks_are_part_of_the_report(build: Any, reference: Path) -> None:
    before = build()
    (reference.parents[1] / "explorables.py").touch()
    after = build()
    assert changed(before, after) == {"report"}
    assert "small2024/table/summary" in after.nodes["report"].inputs
    assert "papers.small2024.explorables:blocks" in after.nodes["report"].code


def test_no_two_nodes_write_the_same_file(build: Any) -> None:
    graph = build()
    paths = [path for node in graph.nodes.values() for path in (*node.outputs, node.record)]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"runs/main/optimizer/learning_rate": 0.004}, MAIN),
        ({"runs/other/steps": 4000}, OTHER),
        ({"runs/main/members": {"seed": [0, 1, 2], "optimizer.weight_decay": [0.2, 0.1]}}, MAIN),
        ({"tables/summary/params": {"threshold": 0.5}}, MAIN - {"small2024/run/main/00"}),
        ({"figures/F2-last/tables": ["summary", "last"]}, {"small2024/figure/F2-last", "report"}),
        ({"figures/F2-last/caption": "Another."}, {"report"}),
        ({"title": "Another"}, {"report"}),
        ({"runs/main/scales/smoke": {"steps": 40}}, set()),
    ],
)
def test_a_change_reaches_what_depends_on_it_and_nothing_else(
    build: Any, changes: dict[str, Any], expected: set[str]
) -> None:
    assert changed(build(), build(changes)) == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("papers.pearce2023.tasks.parity", {*MAIN, *OTHER}),
        ("reprise.training.loop:train", {*MAIN, *OTHER}),
        ("papers.small2024.tables:other", OTHER - {"small2024/run/other/00"}),
        ("papers.small2024.figures:accuracy", {
            "small2024/figure/F1-accuracy", "small2024/figure/F10-other",
            "small2024/figure/F2-last", "report"}),
        ("reprise.stats.verdicts:judge", {"small2024/verdict/verdicts", "report"}),
        ("papers.pearce2023.tasks.modular_addition", set()),
    ],
)  # fmt: skip
def test_an_edit_reaches_what_runs_it_and_nothing_else(
    build: Any, entry: str, expected: set[str]
) -> None:
    assert changed(build(), build(edited=entry)) == expected


def test_claims_reach_the_verdicts_only(build: Any) -> None:
    criterion = {"table": "summary", "at_least": 0.8}
    claims = {"claims": {"rises": {**CLAIMS["claims"]["rises"], "criterion": criterion}}}
    assert changed(build(), build(claims=claims)) == {"small2024/verdict/verdicts", "report"}


def test_reference_data_counts_by_content(build: Any, reference: Path) -> None:
    before = build()
    reference.touch()
    assert changed(before, build()) == set()
    reference.write_text("a\n2\n")
    assert changed(before, build()) == {
        "small2024/table/last",
        "small2024/figure/F2-last",
        "report",
    }


def test_a_dataset_made_from_another_comes_after_it_and_changes_with_it(build: Any) -> None:
    def datasets(seed: int) -> dict[str, Any]:
        first = {"entry": "data:draw", "seed": seed}
        return {"answers": {"entry": "data:ask", "datasets": ["prompts"]}, "prompts": first}

    before, after = (build({"datasets": datasets(seed)}) for seed in (0, 1))
    answers = before.nodes["small2024/dataset/answers"]
    assert answers.inputs == ("small2024/dataset/prompts",)
    names = list(before.nodes)
    assert names.index("small2024/dataset/prompts") < names.index(answers.id)
    assert changed(before, after) == {answers.id, "small2024/dataset/prompts"}


def test_local_files_count_by_content(
    build: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "find_project", lambda: Project(tmp_path))
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(b"1")
    sources = {"checkpoint": str(folder), "texts": None}
    datasets = {"datasets": {"model": {"entry": "data:read", "sources": sources}}}
    before = build(datasets)
    node = before.nodes["small2024/dataset/model"]
    assert node.files == {"checkpoint/weights.bin": hashlib.sha256(b"1").hexdigest()}
    (folder / "weights.bin").write_bytes(b"22")
    assert changed(before, build(datasets)) == {node.id}


@pytest.mark.faults
def test_local_files_that_are_not_there_are_named(
    build: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "find_project", lambda: Project(tmp_path))
    (tmp_path / "checkpoint").mkdir()
    for name, words in (
        ("chekpoint", "did you mean 'checkpoint'"),
        ("checkpoint", "holds no files"),
    ):
        sources = {"weights": str(tmp_path / name)}
        with pytest.raises(ConfigError, match=words) as caught:
            build({"datasets": {"model": {"entry": "data:read", "sources": sources}}})
        assert "small2024.datasets.model.sources.weights" in str(caught.value)


def test_hidden_local_files_do_not_count(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "deep" / ".cache").mkdir(parents=True)
    for name in ("a.bin", "deep/b.bin", "deep/.cache/c", ".hidden"):
        (folder / name).write_bytes(name.encode())
    expected = {n: hashlib.sha256(n.encode()).hexdigest() for n in ("a.bin", "deep/b.bin")}
    cache = tmp_path / "cache.json"
    assert file_digests("x", folder, cache) == expected
    assert file_digests("x", folder / "a.bin", cache) == {"a.bin": expected["a.bin"]}


def test_an_unchanged_local_file_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, cache = tmp_path / "a.bin", tmp_path / "deep" / "cache.json"
    file.write_bytes(b"a")
    first = file_digests("x", file, cache)
    read: list[Path] = []
    original = subject.sha256
    monkeypatch.setattr(subject, "sha256", lambda f: read.append(f) or original(f))
    assert file_digests("x", file, cache) == first
    assert not read
    os.utime(file, (1, 1))
    assert file_digests("x", file, cache) == first
    file.write_bytes(b"b")
    assert file_digests("x", file, cache) == {"a.bin": hashlib.sha256(b"b").hexdigest()}
    assert len(read) == 2


@pytest.mark.parametrize("content", [b"", b"[]", b"[1]", b"{", b"\xff"])
def test_a_broken_memory_of_local_files_is_made_anew(tmp_path: Path, content: bytes) -> None:
    file, cache = tmp_path / "a.bin", tmp_path / "cache.json"
    file.write_bytes(b"a")
    cache.write_bytes(content)
    assert file_digests("x", file, cache) == {"a.bin": hashlib.sha256(b"a").hexdigest()}


def test_shapes_make_jobs_of_their_own(build: Any) -> None:
    members = {"seed": [0, 1], "model.hidden": [4, 8]}
    graph = build({"runs/main/members": members, "runs/main/members_per_job": 1})
    runs = [node for node in graph.nodes.values() if node.id.startswith("small2024/run/main/")]
    assert [node.name for node in runs] == ["main/00", "main/01", "main/02", "main/03"]
    assert [node.spec["run"]["model"]["hidden"] for node in runs] == [4, 4, 8, 8]
    assert graph.nodes["small2024/table/summary"].inputs == tuple(node.id for node in runs)


def test_seeds_are_passed_on_to_the_footer(build: Any) -> None:
    figure = build().nodes["small2024/figure/F1-accuracy"]
    assert figure.seeds == (0, 1, 2)
    assert figure.spec["footer"] == "small2024 · scale cpu · training seeds 0–2 · numerics exact"
    footer = build(numerics="f64", scale="smoke").nodes[figure.id].spec["footer"]
    assert footer == "small2024 · scale smoke · training seed 5 · numerics f64"
    both = build({"tables/summary/runs": ["main", "other"]}).nodes[figure.id].spec["footer"]
    assert "· training seeds 0–2, 7, 1 to 3 a run ·" in both, "two runs look like one of four seeds"


PROFILES = ("exact", "f64", "bf16", "fast")


def test_every_numerics_profile_makes_other_runs_and_says_so_below_figures(build: Any) -> None:
    marks, specs, footers = set(), {}, {}
    for profile in PROFILES:
        nodes = build(numerics=profile).nodes
        marks.add(nodes["small2024/run/main/00"].fingerprint)
        specs[profile] = nodes["small2024/run/main/00"].spec
        footers[profile] = nodes["small2024/figure/F1-accuracy"].spec["footer"]
    assert len(marks) == len(PROFILES)
    assert {p: s.get("numerics") for p, s in specs.items()} == {
        "exact": None,
        "f64": None,
        "bf16": "bf16",
        "fast": "fast",
    }
    assert all("numerics" not in specs[p] for p in ("exact", "f64"))
    assert all(footers[p].endswith(f"numerics {p}") for p in PROFILES)


def test_a_run_is_in_single_precision_under_a_lower_profile(build: Any) -> None:
    double = {"runs/main/dtype": "float64"}
    dtypes = {p: build(double, numerics=p).nodes["small2024/run/main/00"] for p in PROFILES}
    found = {profile: node.spec["run"]["dtype"] for profile, node in dtypes.items()}
    assert found == {"exact": "float64", "f64": "float64", "bf16": "float32", "fast": "float32"}


@pytest.mark.faults
def test_a_lower_profile_and_a_dtype_that_contradicts_it_are_named(build: Any) -> None:
    overrides = {"small2024.runs.main.dtype": "float64"}
    with pytest.raises(ConfigError, match=r"runs\.main: dtype must be 'float32'.*'bf16'"):
        build(numerics="bf16", overrides=overrides)


def test_of_datasets_only_those_that_ask_a_network_have_the_profile(
    build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closure(entries: Any) -> dict[str, str]:
        reached = (
            ["papers.dai2022.models.decoder:ask"] if any("data:ask" in e for e in entries) else []
        )
        return dict.fromkeys([*entries, *reached], "0")

    datasets = {"datasets": {"drawn": {"entry": "data:draw"}, "asked": {"entry": "data:ask"}}}
    build(datasets)
    monkeypatch.setattr(subject, "closure", closure)
    nodes = {p: subject.build(Config(numerics=p)).nodes for p in PROFILES}
    asked = {p: nodes[p]["small2024/dataset/asked"] for p in PROFILES}
    assert [asked[p].spec.get("numerics") for p in PROFILES] == [None, None, "bf16", "fast"]
    assert len({node.fingerprint for node in asked.values()}) == 3
    assert "reprise.training.numerics" in asked["bf16"].code
    assert "reprise.training.numerics" not in asked["exact"].code
    assert len({nodes[p]["small2024/dataset/drawn"].fingerprint for p in PROFILES}) == 1


def test_below_a_figure_without_networks_no_lower_profile_is_claimed(build: Any) -> None:
    drawn = {"datasets": {"drawn": {"entry": "data:draw", "seed": 3}}}
    table = {"tables/other": {"entry": "tables:other", "datasets": ["drawn"]}}
    for profile, said in (("bf16", "exact"), ("f64", "f64")):
        nodes = build({**drawn, **table}, numerics=profile).nodes
        footer = nodes["small2024/figure/F10-other"].spec["footer"]
        assert footer.endswith(f"· data seed 3 · numerics {said}")


def test_ancestors_are_all_that_a_target_is_made_from(build: Any) -> None:
    graph = build()
    found = [node.id for node in graph.ancestors(["small2024/figure/F2-last"])]
    assert found[-1] == "small2024/figure/F2-last"
    assert set(found) == MAIN - {
        "small2024/figure/F1-accuracy",
        "small2024/verdict/verdicts",
        "report",
    }


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        ("small2024/F1-accuracy", "F1-accuracy"),
        ("small2024/F1", "F1-accuracy"),
        ("small2024/f10", "F10-other"),
        ("small2024/F2", "F2-last"),
    ],
)
def test_a_figure_is_found_by_its_number(build: Any, name: str, figure: str) -> None:
    assert find_target(build().nodes, name, kind="figure").name == figure


@pytest.mark.faults
@pytest.mark.parametrize("name", ["small2024/F3", "small2024/", "small2024", "F1", "", "a/F1"])
def test_no_such_figure_names_the_nearest(build: Any, name: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(repr(name))):
        find_target(build().nodes, name, kind="figure")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tables/last/reference": ["papr.csv"]}, ["'papr.csv'", "did you mean 'paper.csv'"]),
        ({"tables/last/reference": ["../paper.yaml"]}, ["tables.last.reference", "../paper.yaml"]),
        ({"tables/summary/tables": ["last"]}, ["tables form a circle", "summary", "last"]),
        ({"tables/summary/tables": ["summary"]}, ["tables form a circle", "summary"]),
        (
            {"datasets": {n: {"entry": "data:make", "datasets": [m]} for n, m in ("ab", "ba")}},
            ["datasets form a circle", "a", "b"],
        ),
        ({"headlines": {"claims": ["rise"]}}, ["headlines", "'rise'", "did you mean 'rises'"]),
        (
            {"headlines": {"first": {"claim": "risen", "says": "It rises.", "measure": "share"}}},
            ["headlines", "'risen'", "did you mean 'rises'"],
        ),
        ({"runs/main/members": {"seed": [0], "model.hiden": [4]}}, ["runs.main", "model.hiden"]),
        ({"runs/main/members": {"seed": [0], "model.hidden": [-4]}}, ["runs.main", "-4"]),
    ],
)
def test_a_paper_that_cannot_be_built_is_named(
    build: Any, changes: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        build(changes)
    for word in ["papers/small2024/paper.yaml", *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"figure": "F1-acuracy"}, "no figure 'F1-acuracy' (did you mean 'F1-accuracy'?)"),
        ({"criterion": {"table": "sumary", "at_least": 1}}, "no table 'sumary'"),
        ({"partly": {"table": "sumary", "at_least": 1}}, "no table 'sumary'"),
    ],
)
def test_claims_about_nothing_are_named(build: Any, change: dict[str, Any], words: str) -> None:
    claims = {"claims": {"rises": {**CLAIMS["claims"]["rises"], **change}}}
    with pytest.raises(ConfigError, match=re.escape(words)) as caught:
        build(claims=claims)
    assert "papers/small2024/claims.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [((), ""), ((3,), "3"), ((0, 1, 2), "0–2"), ((0, 1, 2, 5, 7, 8), "0–2, 5, 7–8")],
)
def test_ranges_are_short(numbers: tuple[int, ...], text: str) -> None:
    assert ranges(numbers) == text
