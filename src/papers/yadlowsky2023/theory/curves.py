"""Least-squares fits of curves: a line, a sine, and both at once.

Every fit takes the pairs of a context and the inputs of queries, and gives predictions [prompt,
query]; 0 without pairs.
"""

import numpy as np
from jaxtyping import Float

_BLOCK = 2**21
"""Prompts times grid points that are held at a time."""
_OMEGAS, _PHASES = 161, 64
"""Points of the grid on which the search for a sine begins."""
_STEPS = 20
"""Damped Gauss-Newton steps that follow."""


def line(
    context_x: Float[np.ndarray, "prompt pair"],
    context_y: Float[np.ndarray, "prompt pair"],
    query_x: Float[np.ndarray, "prompt query"],
) -> Float[np.ndarray, "prompt query"]:
    """The line through the origin."""
    square = (context_x**2).sum(axis=1)
    slope = (context_x * context_y).sum(axis=1) / np.where(square > 0, square, 1.0)
    return slope[:, None] * query_x


def sine(
    context_x: Float[np.ndarray, "prompt pair"],
    context_y: Float[np.ndarray, "prompt pair"],
    query_x: Float[np.ndarray, "prompt query"],
    frequencies: tuple[float, float] = (1.0, 5.0),
    amplitude: float = 1.0,
) -> Float[np.ndarray, "prompt query"]:
    """The sine amplitude * sin(frequency x + phase), the frequency within ``frequencies``."""
    if context_x.shape[1] == 0:
        return np.zeros(query_x.shape)
    frequency, phase = sine_parameters(context_x, context_y, frequencies, amplitude)
    return amplitude * np.sin(frequency[:, None] * query_x + phase[:, None])


def sine_parameters(
    context_x: Float[np.ndarray, "prompt pair"],
    context_y: Float[np.ndarray, "prompt pair"],
    frequencies: tuple[float, float],
    amplitude: float,
) -> tuple[Float[np.ndarray, " prompt"], Float[np.ndarray, " prompt"]]:
    """Frequency and phase of ``sine``; needs one pair or more."""
    omegas = np.linspace(*frequencies, _OMEGAS)
    phases = 2 * np.pi * np.arange(_PHASES) / _PHASES
    x, y = np.asarray(context_x, float), np.asarray(context_y, float)
    step = max(1, _BLOCK // (_OMEGAS * _PHASES))
    best = np.concatenate(
        [
            sine_errors(x[i : i + step], y[i : i + step], omegas, phases, amplitude)
            .reshape(-1, _OMEGAS * _PHASES)
            .argmin(axis=1)
            for i in range(0, len(x), step)
        ]
    )
    frequency, phase = omegas[best // _PHASES], phases[best % _PHASES]
    for _ in range(_STEPS):
        frequency, phase = _gauss_newton(x, y, frequency, phase, amplitude, frequencies)
    return frequency, phase


def sine_errors(
    x: Float[np.ndarray, "prompt pair"],
    y: Float[np.ndarray, "prompt pair"],
    omegas: Float[np.ndarray, " frequency"],
    phases: Float[np.ndarray, " phase"],
    amplitude: float,
) -> Float[np.ndarray, "prompt frequency phase"]:
    """Sums over pairs of (y - amplitude * sin(omega x + phase))^2, through five sums per omega."""
    angle = x[:, :, None] * omegas
    s, c = np.sin(angle), np.cos(angle)
    a = amplitude
    sums = np.stack(
        [
            -2 * a * np.einsum("np,npw->nw", y, s),
            -2 * a * np.einsum("np,npw->nw", y, c),
            a**2 * np.einsum("npw,npw->nw", s, s),
            a**2 * np.einsum("npw,npw->nw", c, c),
            2 * a**2 * np.einsum("npw,npw->nw", s, c),
        ],
        axis=-1,
    )
    cos, sin = np.cos(phases), np.sin(phases)
    table = np.stack([cos, sin, cos**2, sin**2, sin * cos])
    return (y**2).sum(axis=1)[:, None, None] + sums @ table


def line_and_sine(
    context_x: Float[np.ndarray, "prompt pair"],
    context_y: Float[np.ndarray, "prompt pair"],
    query_x: Float[np.ndarray, "prompt query"],
    frequencies: tuple[float, float] = (1.0, 5.0),
    grid: int = 161,
) -> Float[np.ndarray, "prompt query"]:
    """The composite oracle: a x + b sin(omega x) + c cos(omega x), all four fitted at once.

    The best omega of a grid, refined by twelve grids of eleven around the best so far.
    """
    x, y = np.asarray(context_x, float), np.asarray(context_y, float)
    count = len(x)
    if x.shape[1] == 0:
        return np.zeros(query_x.shape)
    omegas = np.broadcast_to(np.linspace(*frequencies, grid), (count, grid))
    step = (frequencies[1] - frequencies[0]) / (grid - 1)
    rows = np.arange(count)
    for _ in range(12):
        errors, coefficients = _projections(x, y, omegas)
        best = errors.argmin(axis=1)
        omega, chosen = omegas[rows, best], coefficients[rows, best]
        around = omega[:, None] + step * np.linspace(-1, 1, 11)
        omegas, step = np.clip(around, *frequencies), step / 5
    angle = omega[:, None] * query_x
    return np.einsum("nqk,nk->nq", np.stack([query_x, np.sin(angle), np.cos(angle)], -1), chosen)


def _projections(x: np.ndarray, y: np.ndarray, omegas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared error [prompt, omega] of the best combination, and its weights [..., 3]."""
    angle = x[:, None, :] * omegas[:, :, None]
    features = np.stack([np.broadcast_to(x[:, None], angle.shape), np.sin(angle), np.cos(angle)], 2)
    # A trace of a penalty keeps the system solvable for fewer pairs than weights.
    gram = features @ features.swapaxes(2, 3) + 1e-10 * np.eye(3)
    target = np.einsum("nwkp,np->nwk", features, y)
    weights = np.linalg.solve(gram, target[..., None])[..., 0]
    rest = y[:, None] - np.einsum("nwkp,nwk->nwp", features, weights)
    return (rest**2).sum(axis=2), weights


def _gauss_newton(
    x: np.ndarray,
    y: np.ndarray,
    frequency: np.ndarray,
    phase: np.ndarray,
    amplitude: float,
    limits: tuple[float, float],
) -> tuple[np.ndarray, np.ndarray]:
    """One step in (frequency, phase), taken where it lowers the error."""
    angle = frequency[:, None] * x + phase[:, None]
    rest = y - amplitude * np.sin(angle)
    slope = amplitude * np.cos(angle)
    jacobian = np.stack([slope * x, slope], axis=1)
    gram = jacobian @ jacobian.swapaxes(1, 2) + 1e-9 * np.eye(2)
    move = np.linalg.solve(gram, np.einsum("nkp,np->nk", jacobian, rest)[..., None])[..., 0]
    error = (rest**2).sum(axis=1)
    done = np.zeros(len(x), bool)
    new_frequency, new_phase = frequency, phase
    for damping in (1.0, 0.25, 0.0625):
        tried = np.clip(frequency + damping * move[:, 0], *limits)
        shifted = phase + damping * move[:, 1]
        fitted = amplitude * np.sin(tried[:, None] * x + shifted[:, None])
        better = ~done & (((y - fitted) ** 2).sum(axis=1) < error)
        new_frequency = np.where(better, tried, new_frequency)
        new_phase = np.where(better, shifted, new_phase)
        done |= better
    return new_frequency, new_phase
