rule verdict:
    """Judge the claims of one paper."""
    input:
        node=ancient(_node_file("verdict")),
        parents=_parents("verdict"),
        redo=_redo("verdict"),
    output:
        csv=f"results/{SCALE}/{{paper}}/verdicts.csv",
        record=f"results/{SCALE}/{{paper}}/verdicts.record.json",
    log:
        ".reprise/logs/verdict/{paper}.log",
    benchmark:
        ".reprise/benchmarks/verdict/{paper}.tsv"
    priority: 10
    # Not worth a submission: it takes seconds.
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=_memory_mb("verdict"),
        runtime=_runtime_min("verdict"),
    shell:
        "reprise make {input.node} {output.record} > {log} 2>&1"
