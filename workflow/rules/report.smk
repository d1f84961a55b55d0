REPORT = Nodes("report")
PAGE = PLAN.node("report", "", "report")


rule report:
    """Write the pages that show all figures and verdicts."""
    input:
        figures=REPORT.made_from("figure"),
        tables=REPORT.made_from("table"),
        verdicts=REPORT.made_from("verdict"),
        lineage=REPORT.lineage,
        node=REPORT.description,
        again=REPORT.why_again,
    output:
        pages=PAGE.outputs,
        record=PAGE.record,
    log:
        ".reprise/logs/report/report.log",
    benchmark:
        ".reprise/benchmarks/report/report.tsv"
    # Not worth a submission: it takes seconds.
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=REPORT.memory_mb,
        runtime=REPORT.runtime_min,
    shell:
        "reprise make {input.node} {output.record} > {log} 2>&1"
