rule figure:
    """Draw one figure from its tables."""
    input:
        node=ancient(_node_file("figure")),
        parents=_parents("figure"),
        redo=_redo("figure"),
    output:
        svg=report(
            f"results/{SCALE}/{{paper}}/figures/{{name}}.svg",
            caption="../report/figure.rst",
            category="{paper}",
            labels={"figure": "{name}"},
        ),
        png=f"results/{SCALE}/{{paper}}/figures/{{name}}.png",
        record=f"results/{SCALE}/{{paper}}/figures/{{name}}.record.json",
    log:
        ".reprise/logs/figure/{paper}.{name}.log",
    benchmark:
        ".reprise/benchmarks/figure/{paper}.{name}.tsv"
    priority: 10
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=_memory_mb("figure"),
        runtime=_runtime_min("figure"),
    shell:
        "reprise make {input.node} {output.record} > {log} 2>&1"
