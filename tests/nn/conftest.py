"""The model that most promises are tried on, in both places of the norm."""

import pytest

from henkan.nn import Transformer

from .small import small_transformer


@pytest.fixture(params=[False, True], ids=["post-norm", "pre-norm"])
def model(float64: None, request: pytest.FixtureRequest) -> Transformer:
    return small_transformer(norm_first=request.param)
