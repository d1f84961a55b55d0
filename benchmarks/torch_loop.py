"""The loop of Garg et al. 2022, written afresh from its description: runs where PyTorch is.

GPT-2 blocks (pre-norm, learned positions, tanh GELU, biases), sequences x1, y1, x2, y2, ... drawn
on the CPU at every step, squared error at every position, Adam at 1e-4, float32, and one
``loss.item()`` a step. ``fused`` replaces attention and GELU, written out in GPT-2's code of that
time, by PyTorch's own functions. Stands alone; prints the seconds of one step.

    python torch_loop.py '{"layers": 3, "heads": 2, "width": 64, "dims": 20, "pairs": 20}'
"""

import json
import sys
import time
from typing import Any


def main(argument: str) -> float:
    """Seconds of one step: the fastest of several short timings."""
    # PyTorch lives in an environment of its own, never in the project's.
    import torch  # type: ignore[import-not-found, unused-ignore]

    size = json.loads(argument)
    torch.set_num_threads(size.get("threads", 2))
    torch.manual_seed(0)
    model = _network(torch, size)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)

    def step() -> float:
        tokens, y = _sample(torch, size["batch"], size["pairs"], size["dims"])
        optimizer.zero_grad()
        loss = (model(tokens)[:, ::2] - y).square().mean()
        loss.backward()
        optimizer.step()
        value: float = loss.detach().item()
        return value

    for _ in range(5):
        step()
    best = float("inf")
    for _ in range(size.get("repeats", 5)):
        began = time.perf_counter()
        for _ in range(size.get("steps", 10)):
            step()
        best = min(best, (time.perf_counter() - began) / size.get("steps", 10))
    return best


def _sample(torch: Any, batch: int, pairs: int, dims: int) -> tuple[Any, Any]:
    x = torch.randn(batch, pairs, dims)
    y = (x @ torch.randn(batch, dims, 1))[..., 0]
    padded = torch.cat([y[..., None], torch.zeros(batch, pairs, dims - 1)], dim=2)
    return torch.stack([x, padded], dim=2).reshape(batch, 2 * pairs, dims), y


def _network(torch: Any, size: dict[str, int]) -> Any:
    nn, F = torch.nn, torch.nn.functional
    width, heads, fused = size["width"], size["heads"], size.get("fused", True)
    causal = torch.ones(2 * size["pairs"], 2 * size["pairs"], dtype=torch.bool).tril()

    def attend(q: Any, k: Any, v: Any) -> Any:
        if fused:
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)
        scores = (q @ k.transpose(2, 3)) / k.shape[3] ** 0.5
        scores = torch.where(causal, scores, torch.finfo(scores.dtype).min)
        return scores.softmax(dim=3) @ v

    def gelu(x: Any) -> Any:
        if fused:
            return F.gelu(x, approximate="tanh")
        inner = (2 / torch.pi) ** 0.5 * (x + 0.044715 * torch.pow(x, 3.0))
        return 0.5 * x * (1 + torch.tanh(inner))

    class Block(nn.Module):  # type: ignore[misc, name-defined, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, h: Any) -> Any:
            batch, tokens, _ = h.shape
            parts = self.qkv(self.norm1(h)).split(width, dim=2)
            q, k, v = (p.view(batch, tokens, heads, -1).transpose(1, 2) for p in parts)
            mixed = attend(q, k, v)
            h = h + self.out(mixed.transpose(1, 2).reshape(batch, tokens, width))
            return h + self.down(gelu(self.up(self.norm2(h))))

    class Network(nn.Module):  # type: ignore[misc, name-defined, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.read_in, self.read_out = nn.Linear(size["dims"], width), nn.Linear(width, 1)
            self.positions = nn.Parameter(0.02 * torch.randn(2 * size["pairs"], width))
            self.blocks = nn.Sequential(*(Block() for _ in range(size["layers"])))
            self.norm = nn.LayerNorm(width)

        def forward(self, x: Any) -> Any:
            h = self.blocks(self.read_in(x) + self.positions)
            return self.read_out(self.norm(h))[..., 0]

    return Network()


if __name__ == "__main__":
    print(main(sys.argv[1]))
