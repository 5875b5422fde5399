"""The shapes in the signatures of `henkan.decoding` are enforced while testing, in files imported late as well."""

import pytest
import torch
from jaxtyping import TypeCheckError

from henkan.decoding.beam import Beams
from henkan.decoding.fast_step import mix
from henkan.decoding.sampling import draw


def test_a_query_for_each_head_and_row_is_asked_for() -> None:
    with pytest.raises(TypeCheckError):
        mix(torch.zeros(2, 4, 8), torch.zeros(2, 4, 8, 5), torch.zeros(2, 4, 6, 8), None)


def test_one_number_for_each_row_is_asked_for() -> None:
    with pytest.raises(TypeCheckError):
        draw(torch.ones(3, 5, dtype=torch.float64), torch.zeros(2, dtype=torch.float64))


def test_beams_have_one_log_probability_each() -> None:
    with pytest.raises(TypeCheckError):
        Beams(torch.zeros(2, dtype=torch.long), torch.zeros(2, 3, 1, dtype=torch.long), torch.zeros(2, 4))
