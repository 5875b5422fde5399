"""Every test runs with the shapes of `henkan.nn` and `henkan.decoding` enforced, on one seed."""

import pkgutil
import signal
from collections.abc import Iterator
from importlib import import_module

import jaxtyping
import pytest

with jaxtyping.install_import_hook(["henkan.nn", "henkan.decoding"], "beartype.beartype"):
    # Every file while the hook is on: a package may import its own only when they are asked for.
    for package in map(import_module, ("henkan.nn", "henkan.decoding")):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)

import torch
from hypothesis import settings

settings.register_profile("henkan", deadline=None)  # how long a check takes depends on the machine, and proves nothing
settings.load_profile("henkan")

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
