"""Which way a model's steps are computed: the one place that chooses."""

import sys
from inspect import isfunction
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from henkan.decoding.fast_cache import FastCache
from henkan.decoding.fast_step import FastSteps
from henkan.nn import DecoderCache, Transformer

Cache = DecoderCache | FastCache
MANY_ROWS = 64  # sentences, from which on dropping rows from the buffers takes what faster steps save
FROM_TORCH = {nn.Linear, nn.ModuleList}


@runtime_checkable
class Steps(Protocol):
    """What decoding asks of a model. A cache that was given to a step or reordered may be used up."""

    def start_cache(self, src: Int[Tensor, "B S"], src_mask: Bool[Tensor, "B 1 1 S"]) -> Cache:
        """See ``Transformer.start_cache``."""
        ...

    def decode_step(self, tgt: Int[Tensor, "B 1"], cache: Any) -> tuple[Float[Tensor, "B V"], Cache]:
        """See ``Transformer.decode_step``."""
        ...


def steps_of(model: Transformer, num_sources: int) -> Steps:
    """``FastSteps`` of the model, or the model itself for many sources or where somebody could tell the two apart."""
    return FastSteps(model) if num_sources < MANY_ROWS and is_plain(model) else model


def is_plain(model: Transformer) -> bool:
    """Whether the steps of ``model`` are henkan's own code alone, in one dtype, with nobody watching."""
    parts = (model.decoder, model.tgt_embedding, model.positional_encoding, model.output_projection)
    modules = [model, *(module for part in parts for module in part.modules())]
    weights = [weight for module in modules for weight in module._parameters.values() if weight is not None]
    return (
        len({(weight.dtype, weight.device) for weight in weights}) == 1
        and not torch.is_autocast_enabled(weights[0].device.type)
        and not any(map(is_changed, modules))
        and all(map(is_own, {type(module) for module in modules if module is not model.decoder.norm} - FROM_TORCH))
    )


def is_changed(module: nn.Module) -> bool:
    """Whether somebody has hooked this one module, given it a method of its own or taken its bias away."""
    hooks = (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks, module._backward_pre_hooks)
    own_method = not vars(module).keys().isdisjoint(("forward", "decode_step"))
    return any(hooks) or own_method or (isinstance(module, nn.Linear) and module.bias is None)


def is_own(cls: type) -> bool:
    """Whether ``cls`` and what it is derived from are henkan's, and no function in or beside them was replaced."""
    ours = [each for each in cls.__mro__[: cls.__mro__.index(nn.Module)] if not each.__module__.startswith("torch.")]
    namespaces = [vars(each) for each in ours] + [vars(sys.modules[each.__module__]) for each in ours]
    return {each.__module__.rpartition(".")[0] for each in ours} == {"henkan.nn"} and all(
        value.__module__.startswith(("henkan.", "torch", "jaxtyping", "typing"))
        for namespace in namespaces
        for value in namespace.values()
        if isfunction(value)
    )
