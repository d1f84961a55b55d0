"""Tasks: what a network is asked to learn. One module per task, named as in its spec.

A task module offers pure functions of its spec:

``splits(spec, seed) -> {"train": batch, "test": batch}``
    fixed data made on the host (NumPy); only ``test`` where training data is drawn at every step;
``sample(spec, key) -> batch``
    one fresh batch (JAX), where the task draws data at every step;
``loss(spec, outputs, batch) -> scalar`` and ``metrics(spec, outputs, batch) -> {name: scalar}``.

A batch is a mapping of arrays whose first axis is the example; ``batch["x"]`` feeds the model.
"""
