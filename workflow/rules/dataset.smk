rule dataset:
    """Make evaluation data from a named key."""
    input:
        node=ancient(_node_file("dataset")),
        parents=_parents("dataset"),
        redo=_redo("dataset"),
    output:
        data=f"results/{SCALE}/{{paper}}/datasets/{{name}}-{{mark}}/data.safetensors",
        record=f"results/{SCALE}/{{paper}}/datasets/{{name}}-{{mark}}/record.json",
    log:
        ".reprise/logs/dataset/{paper}.{name}.{mark}.log",
    benchmark:
        ".reprise/benchmarks/dataset/{paper}.{name}.{mark}.tsv"
    group:
        _batch("dataset")
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=_memory_mb("dataset"),
        runtime=_runtime_min("dataset"),
    shell:
        "reprise make {input.node} {output.record} > {log} 2>&1"
