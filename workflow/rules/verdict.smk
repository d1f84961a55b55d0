VERDICT = Nodes("verdict")


rule verdict:
    """Judge the claims of one paper."""
    input:
        tables=VERDICT.made_from("table"),
        claims=VERDICT.claims,
        node=VERDICT.description,
        again=VERDICT.why_again,
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
        mem_mb=VERDICT.memory_mb,
        runtime=VERDICT.runtime_min,
    shell:
        "reprise make {input.node} {output.record} > {log} 2>&1"
