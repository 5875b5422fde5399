"""Every test runs with the shapes of `henkan.nn` and `henkan.decoding` enforced, on one seed."""

import signal
from collections.abc import Iterator

import jaxtyping
import pytest

with jaxtyping.install_import_hook(["henkan.nn", "henkan.decoding"], "beartype.beartype"):
    import henkan.decoding
    import henkan.nn  # noqa: F401 - imported while the hook is on

import torch

# A runner started in the background hands down an ignored Ctrl-C, which henkan would rightly go on to ignore.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def fixed_seed() -> None:
    torch.manual_seed(0)


@pytest.fixture
def float64() -> Iterator[None]:
    """Models made in this test compute in double precision."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def unchecked_shapes() -> Iterator[None]:
    """Switches the enforcement off, to see henkan's own checks answer as they do outside the tests."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
