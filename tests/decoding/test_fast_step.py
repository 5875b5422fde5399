"""The fast steps are the model's own steps, and stand aside where somebody could tell them apart."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from henkan.decoding import BeamSearch, Greedy, Hypothesis, Sampling, Strategy, generate
from henkan.decoding import state as state_module
from henkan.decoding.checks import place_source
from henkan.decoding.fast_cache import FIRST_ROOM, FastCache
from henkan.decoding.fast_step import FastSteps
from henkan.decoding.product import LARGE, STEPS_BEFORE_TURNING, Product
from henkan.decoding.steps import MANY_ROWS, is_plain, steps_of
from henkan.nn import MultiHeadAttention, Transformer

from .models import BOS, EOS, SRC, SRC_VOCAB, assert_same, random_model

pytestmark = pytest.mark.usefixtures("unchecked_shapes")

KINDS: dict[str, dict[str, object]] = {
    "post-norm": {"num_layers": 2},
    "pre-norm": {"num_layers": 2, "norm_first": True},
    "gelu, four heads": {"num_heads": 4, "activation": "gelu"},
    "silu, deeper encoder": {"num_encoder_layers": 3, "num_decoder_layers": 1, "activation": "silu"},
    "deeper decoder": {"num_encoder_layers": 1, "num_decoder_layers": 3},
    "no decoder": {"num_encoder_layers": 1, "num_decoder_layers": 0},
    "dropout": {"dropout": 0.3, "attention_dropout": 0.3, "activation_dropout": 0.3},
}


def tied_model(tying: str) -> Transformer:
    torch.manual_seed(1)
    model = Transformer(SRC_VOCAB, SRC_VOCAB, 16, 2, 2, 16, 24, 0.0, tie_embeddings=tying).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn_like(parameter)  # the padding's row, too
    return model


MODELS: dict[str, Callable[[], Transformer]] = {
    **{name: lambda options=options: random_model(2, **options) for name, options in KINDS.items()},
    "target tied": lambda: tied_model("target"),
    "all tied": lambda: tied_model("all"),
}
every_model = pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)


@torch.no_grad()
def assert_same_steps(model: Transformer, src: Tensor = SRC, *, tolerance: float = 1e-10) -> None:
    """Steps through drops and reorders, past the first room: both ways, the same logits."""
    src, mask = place_source([model], src, None)
    fast, slow = FastSteps(model), model
    one, other = fast.start_cache(src, mask), slow.start_cache(src, mask)
    rows = torch.arange(len(src))
    for step in range(FIRST_ROOM + 6):
        tgt = torch.randint(1, model.tgt_embedding.num_embeddings, (len(rows), 1))
        (actual, one), (expected, other) = fast.decode_step(tgt, one), slow.decode_step(tgt, other)
        torch.testing.assert_close(actual, expected, rtol=0.0, atol=tolerance)
        if step % 5 == 3 and len(rows) > 1:
            chosen = torch.randint(len(rows), (len(rows) - 1,))
            one, other, rows = one.select(chosen), other.select(chosen), rows[chosen]
        else:
            # Rows change places with rows of the same source, as beams do.
            chosen = torch.stack([(rows == row).nonzero().flatten()[-1] for row in rows])
            one, other = one.reorder(chosen), other.reorder(chosen)


@every_model
def test_a_fast_step_is_the_models_step(build: Callable[[], Transformer]):  # T9, T15
    model = build()
    assert is_plain(model)
    assert_same_steps(model)
    assert_same_steps(model, SRC[:1])  # nothing is hidden


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.bfloat16, 0.3)], ids=str)
def test_in_less_precision_it_is_so_but_for_rounding(dtype: torch.dtype, tolerance: float):
    assert_same_steps(random_model(2).to(dtype), tolerance=tolerance)


@every_model
@pytest.mark.parametrize("strategy", [Greedy(), BeamSearch(3, 0.6, 2), Sampling()], ids=str)
def test_every_strategy_finds_the_same_with_and_without(
    build: Callable[[], Transformer], strategy: Strategy, monkeypatch: pytest.MonkeyPatch
):
    fast = decode(build(), strategy)
    monkeypatch.setattr(state_module, "steps_of", lambda model, _: model)
    for found, expected in zip(fast, decode(build(), strategy), strict=True):
        assert_same(found, expected)


def decode(model: Transformer, strategy: Strategy) -> list[list[Hypothesis]]:
    seeds = range(len(SRC))
    return generate(model, SRC, bos_idx=BOS, eos_idx=EOS, max_len=9, strategy=strategy, seeds=seeds)


def test_weights_that_change_between_two_calls_are_seen():
    model, other = random_model(1), random_model(2)
    decode(model, Greedy())
    for mine, new in zip(model.parameters(), other.parameters(), strict=True):
        mine.data.copy_(new)  # which leaves no trace in the version of a tensor
    for found, expected in zip(decode(model, Greedy()), decode(other, Greedy()), strict=True):
        assert_same(found, expected)


class TestStandsAside:
    def test_for_a_hook_on_any_part_of_the_decoder(self):
        for name, module in (model := random_model()).decoder.named_modules():
            for register in (module.register_forward_hook, module.register_forward_pre_hook):
                hook = register(lambda *_: None)
                assert not is_plain(model), name
                hook.remove()
                assert is_plain(model)

    def test_so_that_a_hook_sees_every_step(self):
        calls: list[object] = []
        model = random_model()
        expected = decode(model, Greedy())
        model.decoder.layers[0].feed_forward.expand.register_forward_hook(lambda *_: calls.append(1))
        for found, other in zip(decode(model, Greedy()), expected, strict=True):
            assert_same(found, other)
        assert len(calls) > 1

    def test_for_a_module_or_a_method_that_is_not_the_librarys(self, monkeypatch: pytest.MonkeyPatch):
        class Own(MultiHeadAttention):
            pass

        class Linear(nn.Linear):
            pass

        for replace in (
            lambda layer: setattr(layer, "self_attention", Own(16, 2)),
            lambda layer: setattr(layer.feed_forward, "expand", Linear(16, 16)),
            lambda layer: setattr(layer.feed_forward, "expand", nn.Linear(16, 16, bias=False)),
            lambda layer: setattr(layer.cross_attention, "query_projection", nn.Identity()),
            lambda layer: setattr(layer.feed_forward, "forward", lambda x: x),
        ):
            model = random_model()
            replace(model.decoder.layers[0])
            assert not is_plain(model)
        monkeypatch.setattr(MultiHeadAttention, "attend", lambda self, query, memory, mask=None: query)
        assert not is_plain(random_model())

    def test_for_a_function_that_stands_in_for_the_librarys(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("henkan.nn.attention.split_heads", lambda x, num_heads: x)
        assert not is_plain(random_model())

    def test_for_many_sources(self):
        model = random_model()
        assert isinstance(steps_of(model, MANY_ROWS - 1), FastSteps)
        assert steps_of(model, MANY_ROWS) is model

    def test_for_mixed_precision(self):
        model = random_model()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert not is_plain(model)
        model.decoder.layers[0].feed_forward.float()
        assert not is_plain(model)


@torch.no_grad()
@pytest.mark.parametrize("with_bias", [False, True])
def test_a_large_product_is_a_linear_layer_however_many_rows_and_steps(with_bias: bool):
    torch.set_default_dtype(torch.float32)
    weight, bias = torch.randn(LARGE // 64, 64), torch.randn(LARGE // 64) if with_bias else None
    product = Product(weight, bias)
    for rows in [1] * (STEPS_BEFORE_TURNING + 2) + [2, 5, 33, 1]:
        x = torch.randn(rows, 64)
        torch.testing.assert_close(product(x), nn.functional.linear(x, weight, bias), rtol=1e-4, atol=1e-4)
    assert product.turned is not None


@torch.no_grad()
def test_buffers_are_written_over_in_turn_and_grow_when_they_are_full():
    model = random_model()
    steps, (src, mask) = FastSteps(model), place_source([model], SRC, None)
    cache: FastCache = steps.start_cache(src, mask)
    rows = torch.arange(len(SRC))
    seen = set()
    for _ in range(FIRST_ROOM):
        _, cache = steps.decode_step(torch.full((len(rows), 1), 3), cache)
        cache = cache.reorder(rows)
        seen.add(cache.past.keys.data_ptr())
    assert len(seen) == 2
    _, cache = steps.decode_step(torch.full((len(rows), 1), 3), cache)
    assert cache.past.room == 2 * FIRST_ROOM
