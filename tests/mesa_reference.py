"""Attention of von Oswald et al. 2023 in plain NumPy loops, and the published backward pass."""

import jax
import jax.numpy as jnp
import numpy as np


def linear_attend(q, k, v):
    """Rows are tokens."""
    out = np.zeros_like(v)
    for t in range(len(q)):
        for past in range(t + 1):
            out[t] += v[past] * (k[past] @ q[t])
    return out


def softmax_attend(q, k, v):
    out = np.zeros_like(v)
    for t in range(len(q)):
        weights = np.exp(k[: t + 1] @ q[t] / np.sqrt(q.shape[1]))
        out[t] = weights @ v[: t + 1] / weights.sum()
    return out


def preconditioned(q, k, lam):
    """Queries after the regularised inverse of the keys' second moments, by direct solves."""
    out = np.zeros_like(q)
    for t in range(len(q)):
        moments = k[: t + 1].T @ k[: t + 1] + np.eye(k.shape[1]) / lam
        out[t] = np.linalg.solve(moments, q[t])
    return out


def mesa_attend(q, k, v, lam):
    """The least-squares map from keys to values, applied to each query."""
    out = np.zeros_like(v)
    for t in range(len(q)):
        rows = np.vstack([k[: t + 1], np.eye(k.shape[1]) / np.sqrt(lam)])
        targets = np.vstack([v[: t + 1], np.zeros((k.shape[1], v.shape[1]))])
        out[t] = q[t] @ np.linalg.lstsq(rows, targets, rcond=None)[0]
    return out


def update(inverse, k, q):
    w = inverse @ k
    inverse = inverse - jnp.outer(w, w) / (1 + k @ w)
    return inverse, inverse @ q


def scanned(q, k, lam):
    """Preconditioned queries by a scan that autodiff can go through."""
    start = lam * jnp.eye(k.shape[1], dtype=k.dtype)
    return jax.lax.scan(lambda carry, kq: update(carry, *kq), start, (k, q))


def published_backward(q, k, lam, cotangent):
    """App. C.1: the inverse is recovered token by token from the last one."""
    inverse, _ = scanned(q, k, lam)

    def back(carry, token):
        inverse, total = carry
        k, q, g = token
        w = inverse @ k
        before = inverse - jnp.outer(w, w) / (k @ w - 1)
        _, pull = jax.vjp(update, before, k, q)
        total, of_k, of_q = pull((total, g))
        return (before, total), (of_k, of_q)

    start = (inverse, jnp.zeros_like(inverse))
    (_, total), (of_k, of_q) = jax.lax.scan(back, start, (k, q, cotangent), reverse=True)
    return of_q, of_k, jnp.trace(total)


def dynamics(sequences, tokens, dim, seed=0, noise=0.01):
    """Observations of a random rotation per sequence, and what follows each of them."""
    rng = np.random.default_rng(seed)
    q, r = np.linalg.qr(rng.normal(size=(sequences, dim, dim)))
    rotation = q * np.sign(np.einsum("nii->ni", r))[:, None]
    states = [rng.uniform(-1, 1, (sequences, dim))]
    for _ in range(tokens):
        moved = np.einsum("nij,nj->ni", rotation, states[-1])
        states.append(moved + noise * rng.normal(size=(sequences, dim)))
    s = np.stack(states, axis=1)
    return s[:, :-1], s[:, 1:]


def loss(forecasts, following):
    """Half the squared error of a forecast, mean over sequences and tokens."""
    return 0.5 * ((forecasts - following) ** 2).sum(axis=2).mean()
