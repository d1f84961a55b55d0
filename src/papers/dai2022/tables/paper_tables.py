"""The paper's tables with our numbers beside its own, cell by cell.

Every function gives ``row``, ``column``, ``value``, ``low``, ``high``, ``paper_small`` and
``paper_large``: the published numbers of its models of 1.3 and 2.7 billion parameters (NaN where
there is none). Columns are tasks, then their mean.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from papers.dai2022.tables.answers import CONDITIONS, RAW
from papers.dai2022.tables.samples import LABEL0, MEAN, TASKS
from reprise.results import Inputs

COLUMNS = ["row", "column", "value", "low", "high", "paper_small", "paper_large"]
MODELS = {"1.3B": "paper_small", "2.7B": "paper_large"}


def accuracy(inputs: Inputs) -> pd.DataFrame:
    """Table 1 from the tables ``accuracy`` and ``sets``.

    Rows: numbers of queries and labels, then accuracy in percent (``zsl``, ``ft``, ``icl``), scored
    as published.
    """
    table, sets = inputs.tables["accuracy"], inputs.tables["sets"]
    own = table[table["scoring"] == RAW].rename(columns={"condition": "row"})
    counts = sets[sets["quantity"].isin(["queries", "labels"])]
    head = counts.rename(columns={"quantity": "row"}).assign(
        paper_small=counts["paper"], paper_large=counts["paper"]
    )
    cells = _beside(own, inputs, CONDITIONS)
    head = head.rename(columns={"task": "column"}).reindex(columns=COLUMNS)
    order = pd.Categorical(head["row"], ["queries", "labels"])
    return _joined([head.iloc[np.argsort(order.codes, kind="stable")], cells])


def recovery(inputs: Inputs) -> pd.DataFrame:
    """Table 2 from the table ``recovery``: ``rec2ftp``, and three rows that the paper lacks.

    ``base_recall``, beside it the least that the accuracies of the paper's Table 1 imply;
    ``above_base``, the difference; ``corrected``, the count behind it.
    """
    table = inputs.tables["recovery"]
    own = table[table["scoring"] == RAW].rename(columns={"quantity": "row"})
    cells = _beside(own, inputs, ("rec2ftp", "base_recall", "above_base", "corrected"))
    implied = _implied(inputs.reference["table1"])
    for place, row in cells.iterrows():
        if row["row"] == "base_recall":
            for column in MODELS.values():
                cells.loc[place, column] = implied.get((row["column"], column), np.nan)
    return cells


def simaou(inputs: Inputs) -> pd.DataFrame:
    """Table 3 from the table ``similarity``, and SimAOU of outputs that are not scaled."""
    return _measures(inputs, ("simaou_random", "simaou", "simaou_raw"))


def simam(inputs: Inputs) -> pd.DataFrame:
    """Table 4 from the table ``similarity``, and SimAM of changes."""
    return _measures(inputs, ("simam_before", "simam_after", "simam_delta"))


def kendall(inputs: Inputs) -> pd.DataFrame:
    """Table 5 from the table ``similarity``, and tau of finetuning with a rate of 0."""
    return _measures(inputs, ("kendall_random", "kendall", "kendall_rate0"))


def _measures(inputs: Inputs, rows: Sequence[str]) -> pd.DataFrame:
    table = inputs.tables["similarity"]
    own = table[table["position"] == LABEL0].rename(columns={"measure": "row"})
    return _beside(own, inputs, rows)


def _beside(own: pd.DataFrame, inputs: Inputs, rows: Sequence[str]) -> pd.DataFrame:
    """Cells of ``rows``, ours and the published ones, in the order of ``rows`` and tasks."""
    own = own.rename(columns={"task": "column"}).set_index(["row", "column"])
    known = pd.concat(inputs.reference.values()).set_index(["row", "task", "model"])["value"]
    cells_by_row = []
    for row in rows:
        for column in (*TASKS, MEAN):
            ends = [own["value"].get((row, column), np.nan)]
            ends += [own[end].get((row, column), np.nan) for end in ("low", "high")]
            paper = [known.get((row, column, model), np.nan) for model in MODELS]
            cells_by_row.append((row, column, *ends, *paper))
    cells = pd.DataFrame(cells_by_row, columns=COLUMNS)
    return cells.astype(dict.fromkeys(COLUMNS[2:], float))


def _implied(table: pd.DataFrame) -> dict[tuple[str, str], float]:
    """(task, column) -> the least base recall: all that was right before stays right in context."""
    least_recall: dict[tuple[str, str], float] = {}
    for (task, model), rows in table.groupby(["task", "model"]):
        value = rows.set_index("row")["value"]
        if task != MEAN:
            least = 100 * (value["icl"] - value["zsl"]) / (100 - value["zsl"])
            least_recall[str(task), MODELS[str(model)]] = float(least)
    return least_recall


def _joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    parts = [part.astype(dict.fromkeys(COLUMNS[2:], float)) for part in parts]
    return pd.concat(parts, ignore_index=True)
