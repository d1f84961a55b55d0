"""The checker that the import hook of conftest.py puts on every function of the science rooms."""

from beartype import BeartypeConf, beartype

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
"""An int is a float here, as it is to mypy."""
