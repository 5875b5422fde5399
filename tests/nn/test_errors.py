"""Bad arguments are a ValueError that names the values and the way out."""

import re
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from henkan.nn import (
    EncoderLayer,
    MultiHeadAttention,
    PositionalEncoding,
    PositionwiseFeedForward,
    SelfAttention,
    Transformer,
    TransformerDecoder,
    TransformerEncoder,
    create_masks,
)

from .small import random_ids, small_transformer

pytestmark = pytest.mark.usefixtures("unchecked_shapes")

SRC, TGT = torch.tensor([[3, 4, 5, 0], [6, 7, 8, 9]]), torch.tensor([[3, 4], [5, 0]])


@pytest.mark.parametrize(
    "build",
    [
        lambda: MultiHeadAttention(10, 3),
        lambda: EncoderLayer(10, 3, 16),
        lambda: Transformer(11, 13, d_model=10, num_heads=3),
    ],
    ids=["attention", "layer", "model"],
)
def test_heads_that_do_not_divide_the_width(build: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"d_model=10 .* num_heads=3 .*choose a num_heads that divides d_model"):
        build()


@pytest.mark.parametrize("num_heads", [0, -2])
def test_no_heads_at_all(num_heads: int) -> None:
    with pytest.raises(ValueError, match=f"d_model=8 cannot be split into num_heads={num_heads} heads"):
        MultiHeadAttention(8, num_heads)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"src_vocab_size": 0}, "src_vocab_size=0 must be a whole number of at least 1"),
        ({"d_model": 8.5}, "d_model=8.5 must be a whole number of at least 1"),
        ({"num_heads": 0}, "num_heads=0 must be a whole number of at least 1"),
        ({"max_len": -1}, "max_len=-1 must be a whole number of at least 1"),
        ({"num_layers": -1}, "num_encoder_layers=-1 must be a whole number of at least 0"),
        ({"dropout": 1.0}, "dropout=1.0 must be at least 0 and below 1"),
        ({"attention_dropout": -0.1}, "attention_dropout=-0.1 must be at least 0 and below 1"),
        ({"activation_dropout": "0"}, "activation_dropout='0' must be at least 0 and below 1"),
        ({"pad_idx": 11}, "pad_idx=11 must be an id of both vocabularies, 0..10"),
        ({"pad_idx": None}, "pad_idx=None must be an id of both vocabularies, 0..10"),
        ({"tie_embeddings": "both"}, "tie_embeddings='both' is unknown: choose none, target or all"),
        (
            {"tie_embeddings": "all"},
            "not src_vocab_size=11 and tgt_vocab_size=13: share the vocabulary or choose 'target'",
        ),
        ({"activation": "tanh"}, "activation='tanh' is unknown: choose one of relu, gelu, silu"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_sizes_and_options_that_do_not_fit(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Transformer(**{"src_vocab_size": 11, "tgt_vocab_size": 13, "d_model": 8, "num_heads": 2, "d_ff": 16, **options})


@pytest.mark.parametrize(("length", "offset"), [(4, 0), (1, 3)])
def test_a_sequence_that_is_too_long(length: int, offset: int) -> None:
    with pytest.raises(ValueError, match=r"4 tokens is longer than max_len=3.*larger max_len"):
        PositionalEncoding(4, max_len=3)(torch.zeros(1, length, 4), offset)


def test_an_unknown_activation_of_the_network_alone() -> None:
    with pytest.raises(ValueError, match="activation='tanh' is unknown: choose one of relu, gelu, silu"):
        PositionwiseFeedForward(8, 16, activation="tanh")


class TestIds:
    @pytest.mark.parametrize("bad_id", [11, 999, -1])
    def test_outside_the_source_vocabulary(self, bad_id: int) -> None:
        src = SRC.clone()
        src[1, 2] = bad_id
        message = rf"src contains id {bad_id}, outside the vocabulary 0\.\.10: encode the text with the model's own"
        for call in (small_transformer().encode, TransformerEncoder(11, 8, 1, 2, 16)):
            with pytest.raises(ValueError, match=message):
                call(src)
        with pytest.raises(ValueError, match=message):
            small_transformer()(src, TGT)

    def test_outside_the_target_vocabulary(self) -> None:
        model, tgt = small_transformer(), torch.tensor([[12, 13], [1, 1]])
        message = r"tgt contains id 13, outside the vocabulary 0\.\.12"
        memory = model.encode(SRC)
        with pytest.raises(ValueError, match=message):
            model(SRC, tgt)
        with pytest.raises(ValueError, match=message):
            model.decode(tgt, memory)
        with pytest.raises(ValueError, match=message):
            model.decode_step(tgt, model.start_cache(SRC))
        with pytest.raises(ValueError, match=message):
            TransformerDecoder(13, 8, 1, 2, 16)(tgt, memory)

    def test_the_last_id_of_each_vocabulary_is_inside(self) -> None:
        assert small_transformer()(torch.tensor([[10]]), torch.tensor([[12]])).shape == (1, 1, 13)

    @pytest.mark.parametrize("dtype", [torch.int32, torch.float32, torch.bool])
    def test_of_another_type(self, dtype: torch.dtype) -> None:
        with pytest.raises(ValueError, match=rf"src must be a torch\.long tensor .* not {dtype}"):
            small_transformer()(SRC.to(dtype), TGT)

    def test_without_a_batch_axis(self) -> None:
        embedding = small_transformer().src_embedding
        with pytest.raises(ValueError, match=r"shape \(batch, length\), not torch.int64 of shape \(4,\)"):
            embedding(SRC[0])

    @pytest.mark.parametrize("side", ["src", "tgt"])
    def test_empty_sequences(self, side: str) -> None:
        empty = torch.empty(2, 0, dtype=torch.long)
        with pytest.raises(
            ValueError, match=rf"{side} is empty \(shape \(2, 0\)\): a sequence needs at least one token"
        ):
            small_transformer()(*((empty, TGT) if side == "src" else (SRC, empty)))

    @pytest.mark.parametrize("lengths", [(25, 3), (3, 25)], ids=["src", "tgt"])
    def test_sequences_longer_than_max_len(self, lengths: tuple[int, int]) -> None:  # T19
        src, tgt = (random_ids(2, length) for length in lengths)
        with pytest.raises(ValueError, match="25 tokens is longer than max_len=24: shorten the sequence or build"):
            small_transformer()(src, tgt)

    def test_sources_and_targets_of_different_number(self) -> None:
        with pytest.raises(ValueError, match="tgt has 1 rows and the source 2: they must be pairs"):
            small_transformer()(SRC, TGT[:1])


NOT_BOOLEAN = [torch.float32, torch.uint8, torch.int64]
# B = Tq = 2 and Tk = 4: with fewer than four axes, (B, Tk) would pass for (Tq, Tk).
WRONG_SHAPES = [(2, 4), (2, 2, 4), (1, 1, 4), (2, 1, 1, 3), (3, 1, 1, 4), (2, 3, 2, 4), (2, 1, 4, 4), (1, 1, 1, 1)]


def attention_calls(mask: Tensor) -> list[Callable[[], object]]:
    """Every way into an attention of 2 rows, 2 heads, 2 queries and 4 keys."""
    attention, x, memory = MultiHeadAttention(8, 2), torch.randn(2, 2, 8), torch.randn(2, 4, 8)
    model = small_transformer()
    return [
        lambda: attention(x, memory, memory, mask),
        lambda: attention.attend(x, attention.project_memory(memory), mask),
        lambda: model.decode(TGT, model.encode(SRC), mask),
    ]


class TestMasks:
    @pytest.mark.parametrize("dtype", NOT_BOOLEAN)
    def test_of_another_type(self, dtype: torch.dtype) -> None:  # T6
        src_mask, tgt_mask = (mask.to(dtype) for mask in create_masks(SRC, TGT))
        model = small_transformer()
        calls = [*attention_calls(src_mask), lambda: model(SRC, TGT, src_mask), lambda: model(SRC, TGT, None, tgt_mask)]
        for call in [*calls, lambda: SelfAttention(8)(torch.randn(2, 2, 8), tgt_mask)]:
            with pytest.raises(ValueError, match=rf"boolean with True = may attend, not {dtype}: compare first"):
                call()

    def test_of_minus_infinities(self) -> None:  # T6
        additive = torch.zeros(1, 1, 2, 4).masked_fill(torch.rand(1, 1, 2, 4) < 0.5, -torch.inf)
        for call in attention_calls(additive):
            with pytest.raises(ValueError, match="a mask must be boolean"):
                call()

    @pytest.mark.parametrize("shape", WRONG_SHAPES, ids=str)
    def test_of_another_shape(self, shape: tuple[int, ...]) -> None:  # T6
        for call in attention_calls(torch.ones(shape, dtype=torch.bool)):
            with pytest.raises(
                ValueError, match=re.escape(f"a mask of shape {shape} does not fit attention of batch 2")
            ):
                call()

    def test_a_padding_mask_in_the_wrong_place_is_refused_unless_the_lengths_agree(self) -> None:  # T3
        model, (src_mask, tgt_mask) = small_transformer(), create_masks(SRC, TGT)
        with pytest.raises(ValueError, match="2 queries and 2 keys"):
            model(SRC, TGT, src_mask, src_mask)
        with pytest.raises(ValueError, match="4 queries and 4 keys"):
            model(SRC, TGT, tgt_mask)

    def test_the_message_says_which_shape_would_fit(self) -> None:
        with pytest.raises(
            ValueError, match=re.escape("it must be (2 or 1, 2 or 1, 2 or 1, 4), as create_masks makes it")
        ):
            attention_calls(torch.ones(4, dtype=torch.bool))[0]()
