RUN = Nodes("run")


rule run:
    """Train one job of a run on data drawn from its key; an interrupted one goes on."""
    input:
        node=RUN.description,
        again=RUN.why_again,
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
        RUN.batch
    conda:
        "../../environment.yml"
    threads: RUN.threads
    resources:
        cpus_per_task=RUN.threads,
        gpu=RUN.gpus,
        mem_mb=RUN.memory_mb,
        runtime=RUN.runtime_min,
    shell:
        "reprise make {input.node} {output.record} > {log} 2>&1"
