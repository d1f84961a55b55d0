import json
from pathlib import Path

import pytest

from papers.dai2022.texts.examples import Example
from papers.dai2022.texts.local import pools, read
from reprise.specs.errors import ConfigError


def folder(root: Path, task: str, **files: str) -> Path:
    (root / task).mkdir(exist_ok=True)
    for name, content in files.items():
        stem, _, ending = name.rpartition("_")
        (root / task / f"{stem}.{ending}").write_text(content, encoding="utf-8")
    return root


def test_all_three_kinds_of_files_say_the_same(tmp_path: Path) -> None:
    quoted = 'A "fine", long\nfilm'
    rows = [{"idx": 0, "sentence": quoted, "label": 1}, {"sentence": "Dull", "label": "negative"}]
    expected = [Example(('A "fine", long film',), 1), Example(("Dull",), 0)]
    for name, content in {
        "a.jsonl": "\n".join(map(json.dumps, rows)),
        "a.csv": '\ufefflabel,sentence,idx\r\n1,"A ""fine"", long\nfilm",0\r\nNegative,Dull,\r\n',
        "a.tsv": 'sentence\tlabel\n"A ""fine"", long\nfilm"\t1\nDull\t 0 \n',
    }.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
        assert read("sst2", tmp_path / name) == expected


def test_both_splits_are_read_and_two_texts_too(tmp_path: Path) -> None:
    root = folder(
        tmp_path,
        "cb",
        train_csv="premise,hypothesis,label\nIt rains.,It is wet,0\n",
        queries_jsonl='{"premise": "P", "hypothesis": "H", "label": "Neither"}\n',
    )
    assert pools("cb", root) == ([Example(("It rains.", "It is wet"), 0)], [Example(("P", "H"), 2)])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("text,label\nx,5\n", ["train.csv: row 1: label '5'", "0 terrible, 1 bad", "4 great"]),
        ("text,label\nx,0\ny,good\nz,fine\n", ["row 3: label 'fine' is none of"]),
        ("texts,label\nx,0\n", ["row 1: the column 'text' is missing", "did you mean 'texts'"]),
        ("text,labels\nx,0\n", ["the column 'label' is missing", "'labels'"]),
        ("text,label\nx\n", ["row 1: the column 'label' is missing"]),
        ("text,label\nx,0\n ,1\n", ["row 2: text is empty"]),
        ("text,label\n\x00", ["row 1"]),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, content: str, words: list[str]) -> None:
    root = folder(tmp_path, "sst5", train_csv=content, queries_csv="text,label\nx,0\n")
    with pytest.raises(ConfigError) as raised:
        pools("sst5", root)
    for word in words:
        assert word in str(raised.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [('{"text": "x"', "row 1: not JSON"), ('{"text": "x", "label": 0}\n[1]', "row 2: not an ob")],
)
def test_wrong_json_is_named(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "a.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        read("mr", tmp_path / "a.jsonl")


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"text,label\n\xff\xfe,0\n")
    with pytest.raises(ConfigError, match=r"a\.csv: not UTF-8"):
        read("mr", tmp_path / "a.csv")


@pytest.mark.faults
def test_a_missing_or_double_file_is_named_with_its_columns(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cb/train\.csv is missing.*premise, hypothesis, label"):
        pools("cb", tmp_path)
    table = "text,label\nx,0\n"
    root = folder(tmp_path, "mr", train_csv=table, train_tsv=table)
    with pytest.raises(ConfigError, match=r"both train\.csv and train\.tsv"):
        pools("mr", root)
