"""A user's own checkpoint and data sets, run through the pipeline: one task of one table."""

import json
from pathlib import Path

import numpy as np
import pytest
from forked_jobs import JobServer
from packaged_texts import need
from safetensors.numpy import load_file, save_file
from workspace import Workspace, build_workspace, edit

from papers.dai2022.datasets.templates import words

TASK, OTHER = "mr", "subj"
WIDTH, HIDDEN = 16, 24
PAIRS = {"": (WIDTH, WIDTH), "fc1": (HIDDEN, WIDTH), "fc2": (WIDTH, HIDDEN)}
MAPS = {f"self_attn.{name}_proj": PAIRS[""] for name in ("q", "k", "v", "out")}
MAPS |= {name: PAIRS[name] for name in ("fc1", "fc2")}
NORMS = ("self_attn_layer_norm", "final_layer_norm")


def letters() -> list[str]:
    """How a byte-level vocabulary writes the 256 bytes."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return [chr(byte) for byte in shown] + [chr(256 + i) for i in range(len(hidden))]


def tokenizer(folder: Path) -> int:
    """Write a vocabulary in which the labels are single tokens; returns its size."""
    vocabulary, merges = letters(), []
    for word in (*words(TASK), *words(OTHER)):
        left = "Ġ"
        for letter in word.strip():
            merges.append(f"{left} {letter}")
            left += letter
            if left not in vocabulary:
                vocabulary.append(left)
    ids = {token: number for number, token in enumerate(vocabulary)}
    (folder / "vocab.json").write_text(json.dumps(ids), "utf-8")
    rules = "\n".join(dict.fromkeys(merges))
    (folder / "merges.txt").write_text(f"#version: 0.2\n{rules}\n", "utf-8")
    added = {"<s>": len(ids), "</s>": len(ids) + 1}
    (folder / "added_tokens.json").write_text(json.dumps(added), "utf-8")
    return len(ids) + 2


def checkpoint(folder: Path) -> Path:
    """A random checkpoint with the names and shapes of fairseq's dense GPTs."""
    folder.mkdir()
    size, rng = tokenizer(folder), np.random.default_rng(0)

    def normal(*shape: int) -> np.ndarray:
        return (0.3 * rng.normal(size=shape)).astype(np.float32)

    tensors = {"model.embed_tokens.weight": normal(size, WIDTH)}
    shapes = {"model.layer_norm": (WIDTH,)}
    for layer in range(2):
        shapes |= {f"model.layers.{layer}.{name}": shape for name, shape in MAPS.items()}
        shapes |= {f"model.layers.{layer}.{name}": (WIDTH,) for name in NORMS}
    for name, shape in shapes.items():
        tensors |= {f"{name}.weight": normal(*shape), f"{name}.bias": normal(shape[0])}
    config = {
        "model_type": "xglm", "d_model": WIDTH, "attention_heads": 4, "num_layers": 2,
        "ffn_dim": HIDDEN, "vocab_size": size, "max_position_embeddings": 512,
        "activation_function": "gelu", "scale_embedding": True,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    save_file(tensors, folder / "model.safetensors")
    return folder


def texts(folder: Path) -> Path:
    """Reviews as a user's files of the real data sets have them; a control needs a second one."""
    for task in (TASK, OTHER):
        (folder / task).mkdir(parents=True)
        for split, count in (("train", 30), ("queries", 10)):
            rows = [
                f"A {'fine' if i % 2 else 'dull'} film no {split} {i},{i % 2}" for i in range(count)
            ]
            (folder / task / f"{split}.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="module")
def project(job_server: JobServer, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A project whose user has named a checkpoint and data sets in ``config.yaml``."""
    need("scattertext")
    root = tmp_path_factory.mktemp("checkpoint")
    materials = "dai2022.datasets.materials"
    choices = {
        f"{materials}.params.model": "folder",
        f"{materials}.sources.checkpoint": str(checkpoint(root / "model")),
        f"{materials}.sources.texts": str(texts(root / "texts")),
        "dai2022.tables.accuracy.datasets": [f"measures_{TASK}"],
        "dai2022.tables.sets.datasets": [f"prompts_{TASK}"],
    }
    workspace = build_workspace(root / "project", papers=True)
    lines = "".join(f"\n  {path}: {json.dumps(value)}" for path, value in choices.items())
    edit(workspace.root / "config.yaml", "overrides: {}", f"overrides:{lines}")
    edit(workspace.root / "config.yaml", "papers: all", "papers: [dai2022]")
    return workspace


def test_a_table_is_made_of_the_users_own_model_and_texts(project: Workspace) -> None:
    project.call("reprise", "figure", "dai2022/table1", code=0)
    measures = next(project.results.glob(f"dai2022/datasets/measures_{TASK}-*/data.safetensors"))
    found = load_file(measures)
    assert found["icl.log_probs"].shape == (2, 6, 2)
    assert np.isfinite(found["main.simaou.label0"]).all()
    record = next(project.results.glob("dai2022/datasets/materials-*/record.json")).read_text()
    assert "checkpoint/model.safetensors" in record
    assert f"texts/{TASK}/train.csv" in record


def test_a_changed_checkpoint_is_seen(project: Workspace) -> None:
    project.call("reprise", "figure", "dai2022/table1", code=0)
    folder = project.root.parent / "model"
    weights = load_file(folder / "model.safetensors")
    weights["model.layer_norm.bias"] += 1
    save_file(weights, folder / "model.safetensors")
    plan = project.call("reprise", "plan", "--json", code=0).stdout
    jobs = {job["id"] for job in json.loads(plan)["jobs"]}
    assert {"dai2022/dataset/materials", f"dai2022/dataset/measures_{TASK}"} <= jobs


@pytest.mark.faults
def test_a_wrong_shape_and_a_missing_folder_are_named(project: Workspace) -> None:
    folder = project.root.parent / "model"
    weights = load_file(folder / "model.safetensors")
    name = "model.layers.1.fc1.weight"
    save_file({**weights, name: weights[name].T.copy()}, folder / "model.safetensors")
    shown = project.call("reprise", "figure", "dai2022/table1")
    assert shown.returncode == 2
    text = "".join((shown.stdout + shown.stderr).split())  # lines are folded
    for word in (name, str([WIDTH, HIDDEN]), str([HIDDEN, WIDTH]), str(folder)):
        assert word.replace(" ", "") in text
    folder.rename(folder.with_name("modle"))
    shown = project.call("reprise", "plan", code=2)
    assert "dai2022.datasets.materials.sources.checkpoint" in shown.stderr
    assert "did you mean 'modle'" in shown.stderr
