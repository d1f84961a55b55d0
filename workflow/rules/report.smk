REPORT = Nodes("report")
PAGE = PLAN.node("report", "", "report")


rule report:
    """Gather all figures and verdicts in one self-contained page."""
    input:
        figures=REPORT.made_from("figure"),
        verdicts=REPORT.made_from("verdict"),
        lineage=REPORT.lineage,
        node=REPORT.description,
        again=REPORT.why_again,
    output:
        html=PAGE.outputs[0],
        csv=PAGE.outputs[1],
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
