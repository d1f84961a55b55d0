"""The READMEs say what the published copy says."""

from pathlib import Path

from reprise.execution.readmes import readmes
from reprise.project import Project
from reprise.specs.config import Config
from reprise.specs.load import load_papers

ROOT = Path(__file__).resolve().parents[3]


def test_generated_blocks_are_those_of_the_published_copy() -> None:
    texts = readmes(Project(ROOT), load_papers(Config(scale="cpu")), "cpu")
    assert len(texts) > 1
    for path, text in texts.items():
        assert path.read_text(encoding="utf-8") == text, f"{path} is old: run 'make publish'"


def test_the_published_copy_holds_every_node_of_the_scale_and_no_checkpoint() -> None:
    folder = ROOT / "results" / "published" / "cpu"
    for paper in load_papers(Config(scale="cpu")):
        for name in paper.figures:
            for ending in (".svg", ".png", ".record.json"):
                assert (folder / paper.key / "figures" / f"{name}{ending}").is_file()
        for name in paper.tables:
            assert (folder / paper.key / "tables" / f"{name}.csv").is_file()
    assert not list(folder.rglob("*.safetensors"))
