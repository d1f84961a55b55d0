"""Which language model and which texts are used: one dataset says it, for all nodes.

A user who has the paper's checkpoints or data sets names their folders once, in ``config.yaml``.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from papers.dai2022.datasets.prompts import make
from papers.dai2022.models.decoder import Network
from papers.dai2022.pretrained import SOURCES, load
from reprise.results import Inputs
from reprise.specs.errors import ConfigError, suggest

_NODE = "dai2022.datasets.materials"


def describe(params: dict[str, Any], seed: int) -> dict[str, np.ndarray]:
    """The choice, as bytes of JSON in ``choice``. Params: ``model`` and the local sources.

    ``model``: ``smollm2``, the packaged SmolLM2-135M-Instruct; ``random``, untrained layers behind
    the same tokenizer, for tests; ``folder``, the Hugging Face folder ``checkpoint``. Texts are the
    packaged ones, or the paper's own data sets in the folder ``texts``.

    Raises:
        ConfigError: an unknown model, or ``folder`` without a checkpoint and the other way round.
    """
    name, folder = params["model"], params.get("checkpoint")
    if name not in SOURCES:
        raise ConfigError(f"{_NODE}.params.model: no model {name!r}{suggest(name, SOURCES)}")
    if (name == "folder") != (folder is not None):
        raise ConfigError(
            f"{_NODE}: a checkpoint's folder is read with params.model: folder, and needs it; "
            "set both in config.yaml, overrides: "
            f"{{{_NODE}.params.model: folder, {_NODE}.sources.checkpoint: /path/to/folder}}"
        )
    choice = {"source": name, "checkpoint": folder, "texts": params.get("texts")}
    return {"choice": np.frombuffer(json.dumps(choice).encode(), np.uint8)}


def prompts(inputs: Inputs) -> dict[str, np.ndarray]:
    """``prompts.make`` with the chosen tokenizer and texts. Params: its own, and ``seed``."""
    params = dict(inputs.params)
    seed = int(params.pop("seed", 0))
    return make(params | _choice(inputs), seed)


def model(inputs: Inputs) -> Network:
    """The chosen network."""
    choice = _choice(inputs)
    return load(choice["source"], Path(choice["checkpoint"]) if choice["checkpoint"] else None)


def _choice(inputs: Inputs) -> dict[str, Any]:
    choice: dict[str, Any] = json.loads(inputs.datasets["materials"]["choice"].tobytes())
    return choice
