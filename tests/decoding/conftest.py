"""All of decoding is tested in double precision, so that equal means equal.

The enforcement of shapes takes nine tenths of the time of a tiny model. Where many models or batches are tried the
tests therefore ask for ``unchecked_shapes``; the same code runs with its shapes enforced in ``test_state``,
``test_generate`` and ``test_scoring``.
"""

import pytest


@pytest.fixture(autouse=True)
def double_precision(float64: None) -> None:
    """Applies ``float64`` to every test here."""
