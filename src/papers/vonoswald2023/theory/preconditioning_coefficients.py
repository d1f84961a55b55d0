"""Coefficients of the preconditioned step that von Oswald et al. trained (public code, July 2024).

Each is for the released, lagged control with ridge 0.001; on hidden states regressors stack 16
observations.
"""

from typing import NamedTuple


class Coefficients(NamedTuple):
    """Step sizes and momenta, one of each per iteration; the first momentum acts on nothing."""

    alpha: tuple[float, ...]
    beta: tuple[float, ...]


PUBLISHED: dict[str, Coefficients] = {
    "fully_observed": Coefficients(
        (1.0292, 3.8551, 3.7469, 3.3828, 2.9882, 2.0934),
        (0.0, 0.6402, 0.4798, 0.8144, 1.6680, 2.4196),
    ),
    "fully_observed_linear_networks": Coefficients(
        (1.0258, 3.2508, 3.2584, 3.2123, 2.6944, 1.2727),
        (0.0, 0.6788, 0.3075, 0.7447, 1.8360, 2.3438),
    ),
    "fully_observed_two_iterations": Coefficients((1.2316, 8.1996), (0.0, 4.9499)),
    "partially_observed": Coefficients(
        (1.0931, 3.1099, 3.1626, 3.0759, 1.9026, 0.2224),
        (0.0, 0.7379, 0.1828, 0.7572, 1.2498, 2.2920),
    ),
    "nonlinear": Coefficients(
        (1.0031, 4.0158, 3.8662, 3.3217, 2.7571, 2.1693),
        (0.0, 0.5630, 0.5661, 0.9348, 1.5603, 2.4258),
    ),
    "contracting": Coefficients(
        (1.0062, 3.0710, 3.4642, 2.7946, 1.8724, 0.8222),
        (0.0, 0.2959, 0.3160, 0.9746, 1.5110, 1.8157),
    ),
    "fixed_teacher": Coefficients(
        (1.0406, 4.1751, 4.0838, 3.6817, 3.2784, 2.3700),
        (0.0, 0.6201, 0.5153, 0.8791, 1.7479, 2.5256),
    ),
}
"""Fully observed: the controls of Figs. 6 and 7A; of Figs. 4D and 4F; of Fig. 6C (three layers)."""
