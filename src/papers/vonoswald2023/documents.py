"""Documents of the synthetic language, shared by all language models."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from papers.vonoswald2023.spec import BigramLanguage
from papers.vonoswald2023.tasks import bigram_language


def language(params: Mapping[str, Any], seed: int) -> dict[str, np.ndarray]:
    """``tokens`` [document, T + 1], and what exact prediction needs: ``table`` and ``strength``.

    ``params`` are the fields of the task, and ``documents``. ``early`` and ``late`` hold the first
    and the last position of what the in-context-learning score compares, from 1.
    """
    fields = {name: value for name, value in params.items() if name != "documents"}
    count = int(params["documents"])
    spec = BigramLanguage.model_validate({**fields, "batch_size": count})
    return {
        **bigram_language.evaluation(spec, count, seed),
        "table": bigram_language.base(spec),
        "strength": np.array([spec.strength]),
        "early": np.array(spec.early),
        "late": np.array(spec.late),
    }
