"""Guesses of what grows from one scale to another."""

import pytest

from reprise.execution.guesses import growth, networks


def test_equal_parameters_are_equal_work() -> None:
    params = {"queries": 50, "rate": 0.1, "tasks": ["a", "b"], "length": None, "tied": True}
    assert growth(params, params) == (1.0, 1.0)
    assert growth({}, {"queries": 3}) == (1.0, 1.0)


def test_one_count_that_changed_is_the_growth() -> None:
    assert growth({"queries": 50}, {"queries": 200}) == pytest.approx((4.0, 1.0))
    assert growth({"rates": [1, 2]}, {"rates": [1, 2, 3, 4, 5, 6]}) == pytest.approx((3.0, 1.0))


def test_of_several_the_largest_is_the_least_and_the_product_the_most() -> None:
    more, unsure = growth({"steps": 10, "batch": 4, "rate": 1.0}, {"steps": 160, "batch": 16})
    assert more == pytest.approx((16 * 64) ** 0.5)
    assert unsure == pytest.approx(2.0)
    assert more * unsure == pytest.approx(64)
    back, same = growth({"steps": 160, "batch": 16}, {"steps": 10, "batch": 4})
    assert (back, same) == pytest.approx((1 / more, unsure))


@pytest.mark.parametrize("odd", [None, True, 0, -3, 2.5, "many", []])
def test_what_is_no_count_changes_nothing(odd: object) -> None:
    assert growth({"x": odd}, {"x": 7}) == (1.0, 1.0)
    assert growth({"x": 7}, {"x": odd}) == (1.0, 1.0)


def test_absurd_growth_is_bounded() -> None:
    more, unsure = growth({"n": 1}, {"n": 10**9})
    assert more * unsure <= 1000 * 1.0001


def test_networks_grow_by_their_flops_if_all_are_known() -> None:
    assert networks([4.0, 8.0], [1.0, 2.0]) == 4.0
    assert networks([4.0, 8.0], [6.0]) == 2.0
    for now, then in (([], [1.0]), ([1.0], []), ([None, 1.0], [1.0]), ([1.0], [None])):
        assert networks(now, then) == 1.0
