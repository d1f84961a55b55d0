"""Every table of the main network, from a made-up run."""

import io
from pathlib import Path

import pandas as pd

from papers.pearce2023.tables import main_curves, main_logits, main_weights
from reprise.results import Inputs, csv_bytes, parse_csv

REFERENCE = Path(main_curves.__file__).parents[1] / "reference"


def tables_of(result):
    """Every table of the main network, as read back from its CSV."""
    inputs = Inputs(
        runs={"main": result},
        reference={"main_accuracy": pd.read_csv(REFERENCE / "main_accuracy.csv")},
        params={"pairs": [[13, 19], [5, 5]]},
    )
    makers = {
        "main_curves": main_curves.curves,
        "main_events": main_curves.events,
        "main_published": main_curves.published,
        "main_waves": main_weights.waves,
        "main_dft": main_weights.dft,
        "main_vectors": main_weights.vectors,
        "main_progress": main_weights.progress,
        "main_logits": main_logits.examples,
        "main_fits": main_logits.fits,
    }
    return {name: parse_csv(io.BytesIO(csv_bytes(make(inputs)))) for name, make in makers.items()}
