"""Decoders by their definition, in float64, one token and one head at a time.

Rotary positions are complex factors of adjacent features, sinusoids come from their formula. What
layers do is kept in lists, so that recordings can be compared as well.
"""

import math
from dataclasses import dataclass, field

import numpy as np

erf = np.vectorize(math.erf)


@dataclass
class Seen:
    """Of one sequence: logits [token, vocabulary], and per layer lists."""

    logits: np.ndarray = None
    hidden: list = field(default_factory=list)
    """[layer][token, width]"""
    scores: list = field(default_factory=list)
    """[layer][head, query token, key token]"""
    queries: list = field(default_factory=list)
    """[layer][token, heads * size], scaled, before rotation"""
    streams: list = field(default_factory=list)
    """[layer][token, width] after the layer"""


def weights_of(network):
    """Name -> float64 array of a network's weights."""
    found = {name: np.asarray(value[...], float) for name, value in network.layers.items()}
    for name in ("embedding", "unembedding", "norm", "norm_bias"):
        if hasattr(network, name):
            found[name] = np.asarray(getattr(network, name)[...], float)
    return found


def forward(spec, weights, tokens):
    """What the decoder of ``spec`` does on one sequence."""
    seen = Seen()
    h = weights["embedding"][tokens] * spec.embedding_scale
    if spec.positions == "sinusoid":
        h = h + np.array([_sinusoid(spec.width, spec.position_offset + t) for t in range(len(h))])
    for number in range(spec.layers):
        names = ("embedding", "unembedding", "norm", "norm_bias")
        layer = {name: value[number] for name, value in weights.items() if name not in names}
        added = _attention(spec, layer, _norm(spec, layer, "norm_attention", h), seen)
        seen.hidden.append(added)
        h = h + added
        h = h + _mlp(spec, layer, _norm(spec, layer, "norm_mlp", h))
        seen.streams.append(h)
    rows = weights["embedding"] if spec.tied else weights["unembedding"]
    seen.logits = _norm(spec, weights, "norm", h) @ rows.T
    return seen


def log_softmax(logits):
    """Of the last axis."""
    top = logits.max(axis=-1, keepdims=True)
    return logits - top - np.log(np.exp(logits - top).sum(axis=-1, keepdims=True))


def _attention(spec, layer, x, seen):
    size, group = spec.size, spec.heads // spec.key_heads
    q, k, v = (_map(layer, name, x) for name in ("query", "key", "value"))
    q = q / math.sqrt(size)
    seen.queries.append(q)
    tokens = len(x)
    scores, found = np.zeros((spec.heads, tokens, tokens)), np.zeros((tokens, spec.heads * size))
    for head in range(spec.heads):
        own, shared = _slice(head, size), _slice(head // group, size)
        for t in range(tokens):
            query = _turned(spec, q[t, own], t)
            for s in range(t + 1):
                scores[head, t, s] = query @ _turned(spec, k[s, shared], s)
                if spec.recency == "alibi":
                    scores[head, t, s] -= 2.0 ** (-8 * (head + 1) / spec.heads) * (t - s)
            chances = np.exp(scores[head, t, : t + 1] - scores[head, t, : t + 1].max())
            out = chances / chances.sum() @ v[: t + 1, shared]
            found[t, own] = out + _recent(spec, layer, head, v[:, shared], t)
    seen.scores.append(scores)
    return _map(layer, "out", found)


def _recent(spec, layer, head, v, t):
    added = np.zeros(v.shape[1])
    for s in range(t):
        if spec.momentum is not None:
            factor = (1 - spec.momentum) / spec.momentum
            scale = factor if spec.momentum_scale == "matched" else 1.0
            added += scale * spec.momentum ** (t - s) * v[s]
        if spec.recency == "convolution" and t - s <= spec.convolution_width:
            added += layer["convolution"][head, t - s - 1] * v[s]
    return added


def _turned(spec, x, position):
    if spec.positions != "rope":
        return x
    pairs = x[0::2] + 1j * x[1::2]
    for i in range(len(pairs)):
        angle = (position + spec.position_offset) * spec.rope_base ** (-2 * i / len(x))
        pairs[i] *= complex(math.cos(angle), math.sin(angle))
    turned = np.empty(len(x))
    turned[0::2], turned[1::2] = pairs.real, pairs.imag
    return turned


def _sinusoid(width, position):
    half = width // 2
    angles = [position * math.exp(-math.log(10000) * i / (half - 1)) for i in range(half)]
    return np.array([math.sin(a) for a in angles] + [math.cos(a) for a in angles])


def _mlp(spec, layer, x):
    up = _map(layer, "up", x)
    if spec.mlp == "swiglu":
        gate = _map(layer, "gate", x)
        return _map(layer, "down", gate / (1 + np.exp(-gate)) * up)
    return _map(layer, "down", up * 0.5 * (1 + erf(up / math.sqrt(2))))


def _norm(spec, weights, name, x):
    rows = []
    for row in x:
        if spec.norm == "rms":
            rows.append(row / math.sqrt((row**2).mean() + spec.norm_epsilon) * weights[name])
        else:
            scaled = (row - row.mean()) / math.sqrt(row.var() + spec.norm_epsilon)
            rows.append(scaled * weights[name] + weights[f"{name}_bias"])
    return np.array(rows)


def _map(layer, name, x):
    return x @ layer[name] + layer.get(f"{name}_bias", 0)


def _slice(head, size):
    return slice(head * size, (head + 1) * size)
