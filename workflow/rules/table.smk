TABLE = Nodes("table")


rule table:
    """Make one tidy table from runs, datasets, tables and reference data."""
    input:
        runs=TABLE.made_from("run"),
        datasets=TABLE.made_from("dataset"),
        tables=TABLE.made_from("table"),
        reference=TABLE.reference,
        node=TABLE.description,
        again=TABLE.why_again,
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
        mem_mb=TABLE.memory_mb,
        runtime=TABLE.runtime_min,
    shell:
        "reprise make {input.node} {output.record} > {log} 2>&1"
