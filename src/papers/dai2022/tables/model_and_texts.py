"""Which models there are, and which texts stand in for the paper's data sets."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from reprise.results import Inputs

MODEL = "model"
MODELS = {"smollm2": "SmolLM2-135M-Instruct", "random": "a random toy network"}

TEXTS = {
    "sst2": "snippets",
    "sst5": "review ratings",
    "mr": "review signs",
    "subj": "plot or review",
    "agnews": "BBC news",
    "cb": "WordNet",
}
"""Task -> the packaged text in place of its data set (``texts.corpora``)."""


def model_and_texts(inputs: Inputs) -> pd.DataFrame:
    """``what`` (``model`` or a task) and ``name``; tasks are there where other texts stand in."""
    choice = json.loads(inputs.datasets["materials"]["choice"].tobytes())
    folder = Path(choice["checkpoint"] or "").name
    names = {MODEL: MODELS.get(choice["source"], folder)}
    if choice["texts"] is None:
        names |= TEXTS
    return pd.DataFrame(names.items(), columns=["what", "name"])


def language_network(inputs: Inputs) -> pd.DataFrame:
    """``layers``, ``width``, ``steps`` and ``tokens`` of a step of the language models of a run."""
    (run,) = inputs.runs.values()
    model: Any = run.spec.model
    task: Any = run.spec.task
    tokens = task.batch_size * task.length
    columns = {"layers": model.layers, "width": model.width, "steps": run.spec.steps}
    return pd.DataFrame([columns | {"tokens": tokens}])
