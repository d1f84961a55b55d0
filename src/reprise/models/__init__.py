"""Models: Flax NNX modules. One module per model, named as in its spec.

A model module offers ``build(spec, task, key, dtype) -> nnx.Module`` (trained tensors are
``nnx.Param``) whose ``__call__(x)`` gives the outputs, and ``views(module) -> {name: array}``, the
weights as figures show them.
"""
