rule table:
    """Make one tidy table from runs, datasets, tables and reference data."""
    input:
        node=ancient(_node_file("table")),
        parents=_parents("table"),
        redo=_redo("table"),
    output:
        csv=f"results/{SCALE}/{{paper}}/tables/{{name}}.csv",
        record=f"results/{SCALE}/{{paper}}/tables/{{name}}.record.json",
    log:
        ".reprise/logs/table/{paper}.{name}.log",
    benchmark:
        ".reprise/benchmarks/table/{paper}.{name}.tsv"
    priority: 10
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=_memory_mb("table"),
        runtime=_runtime_min("table"),
    shell:
        "reprise make {input.node} {output.record} > {log} 2>&1"
