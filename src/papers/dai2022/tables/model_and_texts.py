"""Which language model answers, and which texts stand in for the paper's data sets."""

import json
from pathlib import Path

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
