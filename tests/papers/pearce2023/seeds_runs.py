"""Made-up runs of many seeds of the main network, and their tables."""

import io
from pathlib import Path

import pandas as pd
from grokking_runs import GROKKED, MEMORISED, constructed, noise, run, views

from papers.pearce2023.tables import seeds, seeds_summary
from reprise.results import Inputs, csv_bytes, parse_csv

REFERENCE = Path(seeds.__file__).parents[1] / "reference"
STEPS = 50_000


def at_end(weights):
    return views(weights, weights, 0, STEPS, STEPS)


def tables_of(result):
    reference = {path.stem: pd.read_csv(path) for path in REFERENCE.glob("seeds_*.csv")}
    tables = {}
    for name, make in {
        "seeds_curves": seeds.curves,
        "seeds_networks": seeds.networks,
        "seeds_groups": seeds.groups,
        "seeds_distributions": seeds.distributions,
        "seeds_quantiles": seeds.quantiles,
        "seeds_summary": seeds_summary.seeds_summary,
    }.items():
        table = make(Inputs(runs={"seeds": result}, tables=dict(tables), reference=reference))
        tables[name] = parse_csv(io.BytesIO(csv_bytes(table)))
    return tables


def four_seeds():
    """Tables of four seeds: 102 does not generalise, 103 has one frequency only."""
    late = GROKKED.assign(step=GROKKED["step"], test_loss=GROKKED["test_loss"].clip(lower=4e-6))
    return tables_of(
        run(
            {
                100: (GROKKED, at_end(constructed({3: 5, 9: 5, 20: 5, 33: 9}))),
                101: (late, at_end(constructed({1: 6, 2: 8, 5: 10}))),
                102: (MEMORISED, at_end(noise(0))),
                103: (late, at_end(constructed({8: 24}))),
            },
            snapshot=STEPS,
        )
    )
