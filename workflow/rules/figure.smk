FIGURE = Nodes("figure")


rule figure:
    """Draw one figure from its tables."""
    input:
        tables=FIGURE.made_from("table"),
        node=FIGURE.description,
        again=FIGURE.why_again,
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
        mem_mb=FIGURE.memory_mb,
        runtime=FIGURE.runtime_min,
    shell:
        "reprise make {input.node} {output.record} > {log} 2>&1"
