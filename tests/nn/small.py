"""Small models and inputs, and the settings of the property tests."""

import torch
from hypothesis import HealthCheck, settings
from torch import Tensor, nn

from henkan.nn import Transformer

SRC_VOCAB, TGT_VOCAB = 11, 13

# The fixtures of these tests hold no state that one example could leave to the next.
few_examples = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def randomised(module: nn.Module) -> nn.Module:
    """``module`` with noise on every parameter, so that no bias is zero and no norm the identity."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    return module


def small_transformer(**options: object) -> Transformer:
    """Two layers, two heads, no dropout, every parameter random."""
    sizes = {"d_model": 8, "num_layers": 2, "num_heads": 2, "d_ff": 16, "max_len": 24, "dropout": 0.0}
    return randomised(Transformer(SRC_VOCAB, TGT_VOCAB, **{**sizes, **options})).eval()


def random_ids(batch: int, length: int, vocab_size: int = SRC_VOCAB) -> Tensor:
    """Real tokens, no padding."""
    return torch.randint(1, vocab_size, (batch, length))


def assert_equal(actual: Tensor, expected: Tensor, tolerance: float = 1e-10) -> None:
    """Equal but for rounding in double precision."""
    torch.testing.assert_close(actual, expected, rtol=0.0, atol=tolerance)
