"""A small paper as its author writes it, for tests that load, change or damage one."""

import sys
from types import ModuleType
from typing import Any

from papers.pearce2023 import spec

# Its tasks and models are those of a real paper.
for key in ("small2024", "zebra2020"):
    sys.modules[f"papers.{key}"] = ModuleType(f"papers.{key}")
    sys.modules[f"papers.{key}.spec"] = spec

PAPER: dict[str, Any] = {
    "key": "small2024",
    "title": "Small",
    "authors": "A. Body",
    "year": 2024,
    "link": "https://example.org",
    "abstract": "It is small.",
    "runs": {
        "main": {
            "task": {"name": "parity", "digits": 8, "relevant": 2, "train_size": 100},
            "model": {"name": "parity_mlp", "hidden": 16},
            "optimizer": {"name": "adamw", "learning_rate": 0.003, "weight_decay": 0.1},
            "steps": 2000,
            "log_every": 20,
            "members": {"seed": {"first": 0, "last": 2}, "optimizer.weight_decay": [0.1, 0.2]},
            "scales": {
                "smoke": {"steps": 200, "members.seed": [5], "model.hidden": 4},
                "gpu": {"members.optimizer.weight_decay": [1.0]},
            },
        }
    },
    "tables": {"summary": {"entry": "tables:summary", "runs": ["main"]}},
    "figures": {
        "F1-accuracy": {
            "entry": "figures:accuracy",
            "title": "Accuracy",
            "source": "Figure 1",
            "caption": "It rises.",
            "tables": ["summary"],
        }
    },
}

CLAIMS: dict[str, Any] = {
    "claims": {
        "rises": {
            "figure": "F1-accuracy",
            "statement": "It rises.",
            "source": "Figure 1",
            "criterion": {"table": "summary", "at_least": 0.9},
            "threshold": {"source": "paper", "why": "Its Figure 1."},
        }
    }
}

README = """# small2024

## Deviations

| setting | paper | ours | why |
|---|---|---|---|
| seeds | 10 | 3 | time |
"""
