DATASET = Nodes("dataset")


rule dataset:
    """Make evaluation data from a named key, from files of the user, or from other datasets."""
    input:
        datasets=DATASET.made_from("dataset"),
        own_files=DATASET.own_files,
        node=DATASET.description,
        again=DATASET.why_again,
    output:
        data=f"results/{SCALE}/{{paper}}/datasets/{{name}}-{{mark}}/data.safetensors",
        record=f"results/{SCALE}/{{paper}}/datasets/{{name}}-{{mark}}/record.json",
    log:
        ".reprise/logs/dataset/{paper}.{name}.{mark}.log",
    benchmark:
        ".reprise/benchmarks/dataset/{paper}.{name}.{mark}.tsv"
    group:
        DATASET.batch
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=DATASET.memory_mb,
        runtime=DATASET.runtime_min,
    shell:
        "reprise make {input.node} {output.record} > {log} 2>&1"
