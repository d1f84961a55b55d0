"""Read fairseq's dense GPTs from a local Hugging Face folder: config.json and safetensors.

The ports carry XGLM's architecture and tensor names. Positions are not stored: the decoder makes
fairseq's sinusoids, the first token being at position 2.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from papers.dai2022.models.decoder import Network
from papers.dai2022.pretrained.tensors import Names, Shape, Source, network
from papers.dai2022.spec import Decoder
from reprise.specs.errors import ConfigError, suggest, validate

ARCHITECTURES = ("xglm",)
INDEX = "model.safetensors.index.json"
PREFIX = "model.layers.{}."
PARTS = {
    "query": "self_attn.q_proj",
    "key": "self_attn.k_proj",
    "value": "self_attn.v_proj",
    "out": "self_attn.out_proj",
    "up": "fc1",
    "down": "fc2",
    "norm_attention": "self_attn_layer_norm",
    "norm_mlp": "final_layer_norm",
}
NAMES = Names(
    outer={
        "embedding": "model.embed_tokens.weight",
        "norm": "model.layer_norm.weight",
        "norm_bias": "model.layer_norm.bias",
    },
    layer={name: f"{PREFIX}{part}.weight" for name, part in PARTS.items()}
    | {f"{name}_bias": f"{PREFIX}{part}.bias" for name, part in PARTS.items()},
    ignored=("lm_head.weight", "model.embed_positions.weights"),
)


def read(folder: Path) -> Network:
    """The network of ``folder``.

    Raises:
        ConfigError: a file is missing or damaged, the architecture is unknown, or a tensor is
            missing, unknown or of another shape.
    """
    config = folder / "config.json"
    spec = described(_json(config), str(config))
    files = _files(folder)
    dimensions: dict[str, Shape] = {}
    for name, path in files.items():
        with _opened(path) as stored:
            if name not in stored.keys():  # noqa: SIM118 - not a mapping
                raise ConfigError(f"{path}: tensor {name!r} is missing")
            dimensions[name] = tuple(stored.get_slice(name).get_shape())

    def tensor(name: str) -> np.ndarray:
        with _opened(files[name]) as stored:
            return np.asarray(stored.get_tensor(name)).astype(np.float32)

    return network(spec, Source(str(folder), dimensions, tensor), NAMES)


def described(config: Any, file: str) -> Decoder:
    """The spec of the model that ``config.json`` describes.

    Raises:
        ConfigError: the architecture is unknown, or a field is missing or asks for what the decoder
            does not do.
    """

    def field(name: str) -> Any:
        if name not in config:
            raise ConfigError(f"{file}: field {name!r} is missing{suggest(name, config)}")
        return config[name]

    architecture = field("model_type")
    if architecture not in ARCHITECTURES:
        hint = suggest(architecture, ARCHITECTURES)
        raise ConfigError(f"{file}: model_type: unknown architecture {architecture!r}{hint}")
    if (activation := config.get("activation_function", "gelu")) != "gelu":
        raise ConfigError(f"{file}: activation_function: {activation!r} (choose from 'gelu')")
    width = field("d_model")
    data = {
        "name": "decoder",
        "layers": field("num_layers"),
        "width": width,
        "heads": field("attention_heads"),
        "hidden": field("ffn_dim"),
        "vocabulary": field("vocab_size"),
        "context": config.get("max_position_embeddings", 2048),
        "norm": "layer",
        "positions": "sinusoid",
        "position_offset": 2,
        "mlp": "gelu",
        "biases": True,
        "embedding_scale": float(width) ** 0.5 if config.get("scale_embedding", True) else 1.0,
    }
    return validate(Decoder, data, file)


def _files(folder: Path) -> dict[str, Path]:
    """Tensor -> the file that holds it: one file, or several with an index."""
    index = folder / INDEX
    if index.is_file():
        places = _json(index).get("weight_map")
        if not isinstance(places, dict):
            raise ConfigError(f"{index}: field 'weight_map' is missing")
        return {str(name): folder / str(file) for name, file in places.items()}
    stored = sorted(folder.glob("*.safetensors"))
    if len(stored) > 1:
        raise ConfigError(
            f"{index} is missing: the folder has {len(stored)} safetensors files, and the index "
            "says which tensor is in which"
        )
    if not stored:
        raise ConfigError(
            f"{folder}: no *.safetensors file; pickled checkpoints (pytorch_model.bin) are not "
            "read, convert them first"
        )
    with _opened(stored[0]) as opened:
        return dict.fromkeys(opened.keys(), stored[0])


def _opened(path: Path) -> Any:
    if not path.is_file():
        raise ConfigError(f"{path}: no such file")
    try:
        return safe_open(path, framework="np")
    except (SafetensorError, OSError) as error:
        raise ConfigError(f"{path}: no readable safetensors file ({error})") from None


def _json(path: Path) -> Any:
    if not path.is_file():
        raise ConfigError(f"{path}: no such file")
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise ConfigError(f"{path}: no valid JSON ({error})") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: no JSON object")
    return content
