rule run:
    """Train one job of a run; resumes from its last state if it was interrupted."""
    input:
        node=ancient(_node_file("run")),
        parents=_parents("run"),
        redo=_redo("run"),
    output:
        params=f"results/{SCALE}/{{paper}}/runs/{{name}}/{{job}}-{{mark}}/params.safetensors",
        views=f"results/{SCALE}/{{paper}}/runs/{{name}}/{{job}}-{{mark}}/views.safetensors",
        metrics=f"results/{SCALE}/{{paper}}/runs/{{name}}/{{job}}-{{mark}}/metrics.csv",
        record=f"results/{SCALE}/{{paper}}/runs/{{name}}/{{job}}-{{mark}}/record.json",
    log:
        ".reprise/logs/run/{paper}.{name}.{job}.{mark}.log",
    benchmark:
        ".reprise/benchmarks/run/{paper}.{name}.{job}.{mark}.tsv"
    group:
        _batch("run")
    conda:
        "../../environment.yml"
    threads: _threads("run")
    resources:
        cpus_per_task=_threads("run"),
        gpu=_gpus("run"),
        mem_mb=_memory_mb("run"),
        runtime=_runtime_min("run"),
    shell:
        "reprise make {input.node} {output.record} > {log} 2>&1"
