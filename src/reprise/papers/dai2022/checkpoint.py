"""Which language model is asked: a dataset says it, so that one setting holds for all nodes."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from reprise.models.decoder import Network
from reprise.pretrained import load
from reprise.results import Inputs
from reprise.specs.errors import ConfigError, suggest
from reprise.texts.tokenizers import Tokenizer, from_folder, smollm2

SOURCES = ("smollm2", "random", "folder")


def describe(params: dict[str, Any], seed: int) -> dict[str, np.ndarray]:
    """The choice as an array of bytes, ``json``. Params: ``source``, and local ``checkpoint``.

    ``smollm2``: the packaged SmolLM2-135M-Instruct; ``random``: two untrained layers with the same
    tokenizer, for tests; ``folder``: a Hugging Face folder, ``checkpoint``, and its tokenizer.

    Raises:
        ConfigError: an unknown source, or ``folder`` without the checkpoint.
    """
    source, folder = params["source"], params.get("checkpoint")
    if source not in SOURCES:
        raise ConfigError(f"datasets.model.params.source: {source!r}{suggest(source, SOURCES)}")
    if source == "folder" and folder is None:
        raise ConfigError(
            "datasets.model.sources.checkpoint: give the folder of a checkpoint in config.yaml, "
            "overrides: {dai2022.datasets.model.sources.checkpoint: /path/to/folder}"
        )
    choice = {"source": source, "folder": folder if source == "folder" else None, "seed": seed}
    return {"json": np.frombuffer(json.dumps(choice).encode(), np.uint8)}


def model(inputs: Inputs) -> Network:
    """The pretrained network that the dataset ``model`` names."""
    choice = _choice(inputs)
    return load(choice["source"], _folder(choice))


def tokenizer(inputs: Inputs) -> Tokenizer:
    """Its tokenizer."""
    choice = _choice(inputs)
    folder = _folder(choice)
    return from_folder(folder) if folder else smollm2()


def _folder(choice: dict[str, Any]) -> Path | None:
    return Path(choice["folder"]) if choice["folder"] else None


def _choice(inputs: Inputs) -> dict[str, Any]:
    choice: dict[str, Any] = json.loads(inputs.datasets["model"]["json"].tobytes())
    return choice
