"""The mesa-layer of the public flash-linear-attention package: runs where that and PyTorch are.

Its kernels are for GPUs; on a CPU it has the functions that it tests them against, ``exact`` (a
linear solve at every token) and ``cg`` (the kernels' own algorithm: conjugate gradients, chunk by
chunk). Without forgetting, with input strength 1 and 1 / lambda on the diagonal these are the
paper's layer. Stands alone; prints the seconds of a forward and a backward pass.

    python torch_mesa.py '{"solver": "cg", "batch": 64, "tokens": 50, "heads": 4, "key_size": 20}'

With ``"check": FILE`` it compares its answers with those in FILE first (safetensors: ``q``, ``k``,
``v``, ``lambda`` and ``answer``; batch, token, head, feature).
"""

import importlib.util
import json
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

ITERATIONS, MOST_CHUNK, TOLERANCE = 30, 64, 1e-3


def main(argument: str) -> float:
    """Seconds of one forward and backward pass, the fastest of several."""
    # PyTorch lives in an environment of its own, never in the project's.
    import torch  # type: ignore[import-not-found, unused-ignore]

    work = json.loads(argument)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if "check" in work:
        _check(torch, work)
    shape = (work["batch"], work["tokens"], work["heads"], work["key_size"])
    q, k, v = ((0.3 * torch.randn(*shape)).requires_grad_() for _ in range(3))
    strength = torch.full(shape[2:], 0.5).requires_grad_()

    def step() -> None:
        answer = _attend(torch, work["solver"], q, k, v, strength)
        torch.autograd.grad((answer**2).sum(), (q, k, v, strength))

    step()
    found: list[float] = []
    began = time.perf_counter()
    while len(found) < 2 or time.perf_counter() - began < 1:
        start = time.perf_counter()
        step()
        found.append(time.perf_counter() - start)
    return min(found)


def _attend(torch: Any, solver: str, q: Any, k: Any, v: Any, strength: Any) -> Any:
    """Answers for ``strength`` [head, feature], added to the diagonal of the keys' products."""
    batch, tokens, heads, _ = q.shape
    constant = torch.zeros(batch, tokens, heads), strength, torch.ones(batch, tokens, heads)
    public = _public()
    if solver == "exact":
        return public.naive_mesa_net_exact(q, k, v, *constant)[0]
    chunk = max(n for n in range(1, MOST_CHUNK + 1) if tokens % n == 0)
    return public.naive_mesa_net_CG(q, k, v, *constant, chunk, ITERATIONS)[0]


@cache
def _public() -> Any:
    """The package's own file, without the package, which asks for a GPU's compiler."""
    found = importlib.util.find_spec("fla")
    assert found and found.submodule_search_locations
    file = Path(next(iter(found.submodule_search_locations))) / "ops" / "mesa_net" / "naive.py"
    spec = importlib.util.spec_from_file_location("public_mesa", file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _check(torch: Any, work: dict[str, Any]) -> None:
    from safetensors.torch import load_file

    known = load_file(work["check"])
    q, k, v = (known[name] for name in "qkv")
    strength = (1 / known["lambda"])[:, None].expand(-1, q.shape[-1])
    answer = _attend(torch, work["solver"], q, k, v, strength)
    error = (answer - known["answer"]).abs().max().item()
    if not error <= TOLERANCE:
        raise SystemExit(f"the answers differ by {error:.2g}: these are not the same layers")


if __name__ == "__main__":
    print(main(sys.argv[1]))
