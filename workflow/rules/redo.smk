localrules:
    redo,


rule redo:
    """Ask for a node to be made again; the name of the token says why (stale, tampered, ...)."""
    output:
        temp(touch(".reprise/redo/{reason}/{node}")),
    log:
        ".reprise/logs/redo/{reason}/{node}.log",
    wildcard_constraints:
        reason="[a-z]+",
    conda:
        "../../environment.yml"
    shell:
        "true > {log:q}"
