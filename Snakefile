"""Reprise: dataset -> run -> table -> figure and verdict -> report, for every paper."""

from snakemake.utils import min_version

min_version("9.20")


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"


rule all:
    """Everything: the figures and verdicts of the chosen papers, and the report."""
    input:
        TARGETS,


include: "workflow/rules/dataset.smk"
include: "workflow/rules/run.smk"
include: "workflow/rules/table.smk"
include: "workflow/rules/figure.smk"
include: "workflow/rules/verdict.smk"
include: "workflow/rules/report.smk"
