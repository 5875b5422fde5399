"""The shapes in the signatures of henkan.nn are enforced while testing, so they cannot go wrong unseen."""

import inspect
from collections.abc import Callable, Iterator

import pytest
import torch
from jaxtyping import TypeCheckError
from torch import nn

import henkan.nn
from henkan.nn import KeyValue, LayerNorm, MultiHeadAttention, create_padding_mask, scaled_dot_product_attention


@pytest.mark.parametrize(
    "call",
    [
        lambda: scaled_dot_product_attention(torch.ones(2, 3, 4), torch.ones(2, 5, 4), torch.ones(2, 6, 4)),
        lambda: MultiHeadAttention(4, 2)(torch.ones(2, 3, 4), torch.ones(2, 5, 4), torch.ones(2, 6, 4)),
        lambda: LayerNorm(4)(torch.ones(2, 4, dtype=torch.long)),
        lambda: create_padding_mask(torch.ones(3, dtype=torch.long)),
        lambda: KeyValue(torch.ones(2, 2, 3, 4), torch.ones(2, 2, 5, 4)),
    ],
    ids=["function", "module", "dtype", "axes", "dataclass"],
)
def test_a_tensor_that_contradicts_a_signature_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(TypeCheckError):
        call()


def public_functions() -> Iterator[tuple[str, Callable[..., object]]]:
    for name in henkan.nn.__all__:
        published = getattr(henkan.nn, name)
        if not inspect.isclass(published):
            yield name, published
        elif issubclass(published, nn.Module):
            yield f"{name}.forward", published.forward


@pytest.mark.parametrize(("name", "function"), list(public_functions()), ids=[name for name, _ in public_functions()])
def test_every_public_function_says_what_goes_in_and_what_comes_out(name: str, function: Callable[..., object]) -> None:
    signature = inspect.signature(function)
    taken = [parameter for parameter in signature.parameters.values() if parameter.name != "self"]
    assert all(parameter.annotation is not parameter.empty for parameter in taken)
    assert signature.return_annotation is not signature.empty
    assert function.__doc__, f"{name} does not say what comes back"
