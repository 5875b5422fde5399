"""A hook on an attention module sees real weights; a model that nobody watches does not compute them."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import henkan.nn.attention
from henkan.nn import MultiHeadAttention, Transformer, create_masks

from .small import TGT_VOCAB, assert_equal, random_ids

SRC = torch.tensor([[3, 4, 5, 0, 0], [6, 7, 8, 9, 10]])
TGT = torch.tensor([[3, 4, 5, 0], [6, 7, 8, 9]])


def attentions(model: Transformer) -> dict[str, MultiHeadAttention]:
    return {name: module for name, module in model.named_modules() if isinstance(module, MultiHeadAttention)}


def watch(model: Transformer) -> dict[str, list[tuple[Tensor, Tensor]]]:
    seen: dict[str, list[tuple[Tensor, Tensor]]] = {name: [] for name in attentions(model)}
    for name, attention in attentions(model).items():
        attention.register_forward_hook(lambda _module, _inputs, result, name=name: seen[name].append(result))
    return seen


def test_a_hook_on_every_attention_sees_its_output_and_weights_once_a_call(model: Transformer) -> None:
    seen = watch(model)
    model(SRC, TGT)
    assert [len(results) for results in seen.values()] == [1] * 6
    for name, [(output, weights)] in seen.items():
        queries = SRC.size(1) if name.startswith("encoder") else TGT.size(1)
        keys = TGT.size(1) if name.startswith("decoder") and name.endswith("self_attention") else SRC.size(1)
        assert output.shape == (2, queries, 8)
        assert weights.shape == (2, 2, queries, keys)


def test_the_weights_that_a_hook_sees_sum_to_one_and_obey_the_masks(model: Transformer) -> None:  # T3, T18
    seen = watch(model)
    model(SRC, TGT)
    src_mask, tgt_mask = create_masks(SRC, TGT)
    for name, [(_, weights)] in seen.items():
        mask = tgt_mask if name.startswith("decoder") and name.endswith("self_attention") else src_mask
        assert_equal(weights.sum(dim=-1), torch.ones(weights.shape[:-1]))
        assert torch.equal(weights > 0, mask.expand_as(weights))


def test_watching_changes_neither_logits_nor_gradients(model: Transformer) -> None:  # T8
    upstream = torch.randn(2, 4, TGT_VOCAB)
    logits = model(SRC, TGT)
    gradients = torch.autograd.grad(logits, list(model.parameters()), upstream)
    watch(model)
    watched_logits = model(SRC, TGT)
    assert_equal(watched_logits, logits)
    of_watched = torch.autograd.grad(watched_logits, list(model.parameters()), upstream)
    for actual, expected in zip(of_watched, gradients, strict=True):
        assert_equal(actual, expected)


@pytest.mark.library_only
def test_only_the_watched_module_computes_weights(model: Transformer, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    readable = henkan.nn.attention.scaled_dot_product_attention

    def counted(*args: Tensor, **options: float) -> tuple[Tensor, Tensor]:
        calls.append(args)
        return readable(*args, **options)

    monkeypatch.setattr(henkan.nn.attention, "scaled_dot_product_attention", counted)
    model(SRC, TGT)
    assert len(calls) == 0
    hook = model.decoder.layers[1].cross_attention.register_forward_hook(lambda *_: None)
    model(SRC, TGT)
    assert len(calls) == 1
    hook.remove()
    model(SRC, TGT)
    assert len(calls) == 1


@pytest.mark.parametrize(
    "register",
    [
        nn.Module.register_forward_hook,
        nn.Module.register_forward_pre_hook,
        nn.Module.register_full_backward_hook,
        nn.Module.register_full_backward_pre_hook,
    ],
    ids=lambda register: register.__name__,
)
def test_every_kind_of_hook_is_called(model: Transformer, register: Callable[..., object]) -> None:
    calls = []
    register(model.encoder.layers[0].self_attention, lambda *args: calls.append(args))
    model(SRC, TGT).sum().backward()
    assert len(calls) == 1


def test_what_a_hook_returns_takes_the_place_of_the_output(model: Transformer) -> None:
    logits = model(SRC, TGT)
    model.decoder.layers[0].cross_attention.register_forward_hook(
        lambda _module, _inputs, result: (torch.zeros_like(result[0]), result[1])
    )
    assert not torch.allclose(model(SRC, TGT), logits)


def test_the_hook_of_one_call_sees_nothing_of_another(model: Transformer) -> None:
    seen = watch(model)
    model(SRC[:, :3], TGT)
    model(random_ids(2, 7), TGT)
    first, second = seen["encoder.layers.0.self_attention"]
    assert first[1].shape[-1] == 3
    assert second[1].shape[-1] == 7
