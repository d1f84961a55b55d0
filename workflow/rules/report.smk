rule report:
    """Gather all figures and verdicts in one self-contained page."""
    input:
        node=ancient(_node_file("report")),
        parents=_parents("report"),
        redo=_redo("report"),
    output:
        html=f"results/{SCALE}/report.html",
        csv=f"results/{SCALE}/verdicts.csv",
        record=f"results/{SCALE}/report.record.json",
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
        mem_mb=_memory_mb("report"),
        runtime=_runtime_min("report"),
    shell:
        "reprise make {input.node} {output.record} > {log} 2>&1"
