"""A transformer in plain NumPy, token by token and head by head, float64."""

import numpy as np


def norm(x, part):
    centred = x - x.mean()
    return centred / np.sqrt((centred**2).mean() + 1e-5) * part["gain"] + part["bias"]


def linear(x, part):
    return x @ part["weight"] + part["bias"]


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def attend(q, k, v, visible):
    """Rows of q, k and v [tokens, channels]; ``visible[i]`` lists what token i sees."""
    out = np.zeros_like(q)
    for i, seen in enumerate(visible):
        if seen:
            scores = np.array([q[i] @ k[j] for j in seen]) / np.sqrt(q.shape[1])
            weights = np.exp(scores - scores.max())
            out[i] = sum(w * v[j] for w, j in zip(weights / weights.sum(), seen, strict=True))
    return out


def blocks(h, parts, heads, visible):
    """Residual stream [tokens, width] of one sequence after all blocks."""
    width = h.shape[1]
    for part in parts:
        qkv = np.array([linear(norm(row, part["norm_attention"]), part["qkv"]) for row in h])
        q, k, v = (qkv[:, n * width : (n + 1) * width].reshape(len(h), heads, -1) for n in range(3))
        mixed = np.concatenate(
            [attend(q[:, n], k[:, n], v[:, n], visible) for n in range(heads)], axis=1
        )
        h = h + np.array([linear(row, part["out"]) for row in mixed])
        h = h + np.array(
            [
                linear(gelu(linear(norm(row, part["norm_mlp"]), part["up"])), part["down"])
                for row in h
            ]
        )
    return h
