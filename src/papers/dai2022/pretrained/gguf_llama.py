"""Read a llama from a GGUF file, rounded weights restored to float32.

GGUF stores queries and keys with their features permuted so that rotary positions turn adjacent
pairs; the decoder's ``rope`` does just that, and the permutation stays.
"""

from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFReader, dequantize

from papers.dai2022.models.decoder import Network
from papers.dai2022.pretrained.tensors import Names, Source, network
from papers.dai2022.spec import Decoder
from papers.dai2022.texts.gguf_files import header, open_gguf
from reprise.specs.errors import ConfigError, suggest, validate

ARCHITECTURES = ("llama",)

NAMES = Names(
    outer={
        "embedding": "token_embd.weight",
        "norm": "output_norm.weight",
        "unembedding": "output.weight",
    },
    layer={
        "query": "blk.{}.attn_q.weight",
        "key": "blk.{}.attn_k.weight",
        "value": "blk.{}.attn_v.weight",
        "out": "blk.{}.attn_output.weight",
        "gate": "blk.{}.ffn_gate.weight",
        "up": "blk.{}.ffn_up.weight",
        "down": "blk.{}.ffn_down.weight",
        "norm_attention": "blk.{}.attn_norm.weight",
        "norm_mlp": "blk.{}.ffn_norm.weight",
    },
)


def read(path: Path) -> Network:
    """The network of ``path``; its spec is in the header.

    Raises:
        ConfigError: the file is missing, truncated, not GGUF, of another architecture, or a tensor
            is missing, unknown or of another shape.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such file")
    reader = open_gguf(path)
    stored = {tensor.name: tensor for tensor in reader.tensors}
    dimensions = {name: tuple(map(int, tensor.shape[::-1])) for name, tensor in stored.items()}

    def restore(name: str) -> np.ndarray:
        tensor = stored[name]
        try:
            return dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False)
        except NotImplementedError as error:
            raise ConfigError(f"{path}: tensor {name!r}: {error}") from None

    spec = described(reader, str(path), dimensions)
    return network(spec, Source(str(path), dimensions, restore), NAMES)


def described(reader: GGUFReader, file: str, tensors: dict[str, tuple[int, ...]]) -> Decoder:
    """The spec of the model that the header describes.

    Raises:
        ConfigError: the architecture is unknown, or a field is missing or asks for what the decoder
            does not do.
    """

    def field(name: str, default: Any = None) -> Any:
        if default is not None and reader.get_field(f"llama.{name}") is None:
            return default
        return _field(reader, file, f"llama.{name}")

    architecture = _field(reader, file, "general.architecture")
    if architecture not in ARCHITECTURES:
        hint = suggest(architecture, ARCHITECTURES)
        raise ConfigError(f"{file}: unknown architecture {architecture!r}{hint}")
    heads, width = field("attention.head_count"), field("embedding_length")
    size = field("attention.key_length", width // heads)
    for name, wanted in (("rope.dimension_count", size), ("rope.scaling.type", "none")):
        if (found := field(name, wanted)) != wanted:
            raise ConfigError(f"{file}: llama.{name} is {found!r}, only {wanted!r} is understood")
    data = {
        "name": "decoder",
        "layers": field("block_count"),
        "width": width,
        "heads": heads,
        "kv_heads": field("attention.head_count_kv", heads),
        "head_size": size,
        "hidden": field("feed_forward_length"),
        "vocabulary": tensors.get("token_embd.weight", (field("vocab_size", 1),))[0],
        "context": field("context_length"),
        "norm_epsilon": _short(field("attention.layer_norm_rms_epsilon")),
        "rope_base": _short(field("rope.freq_base", 10000.0)),
        "tied": "output.weight" not in tensors,
    }
    return validate(Decoder, data, file, "header")


def _field(reader: GGUFReader, file: str, key: str) -> Any:
    try:
        return header(reader, key)
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None


def _short(number: float) -> float:
    """The shortest decimal number that is the same float32: what the header's author wrote."""
    return float(str(np.float32(number)))
