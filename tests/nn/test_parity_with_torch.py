"""With the same weights torch's own layers give the same values, input gradients and parameter gradients (T8)."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from henkan.nn import (
    Decoder,
    DecoderLayer,
    Encoder,
    EncoderLayer,
    LayerNorm,
    MultiHeadAttention,
    Transformer,
    create_look_ahead_mask,
    create_masks,
)

from .small import SRC_VOCAB, TGT_VOCAB, assert_equal, randomised, small_transformer

pytestmark = pytest.mark.usefixtures("float64")

SRC = torch.tensor([[3, 4, 5, 0, 0], [6, 7, 8, 9, 10]])
TGT = torch.tensor([[3, 4, 5, 0], [6, 7, 8, 9]])
LOOK_AHEAD = create_look_ahead_mask(4)

# A parameter of henkan, torch's parameter that holds the same numbers, and the rows of it that do.
Pair = tuple[nn.Parameter, nn.Parameter, slice]


def affine_pairs(ours: nn.Module, theirs: nn.Module) -> Iterator[Pair]:
    """Of two linear maps or two norms."""
    yield ours.weight, theirs.weight, slice(None)
    yield ours.bias, theirs.bias, slice(None)


def attention_pairs(ours: MultiHeadAttention, theirs: nn.MultiheadAttention) -> Iterator[Pair]:
    width = theirs.embed_dim
    for i, projection in enumerate((ours.query_projection, ours.key_projection, ours.value_projection)):
        rows = slice(i * width, (i + 1) * width)
        yield projection.weight, theirs.in_proj_weight, rows
        yield projection.bias, theirs.in_proj_bias, rows
    yield from affine_pairs(ours.output_projection, theirs.out_proj)


def encoder_layer_pairs(ours: EncoderLayer, theirs: nn.TransformerEncoderLayer) -> Iterator[Pair]:
    yield from attention_pairs(ours.self_attention, theirs.self_attn)
    yield from affine_pairs(ours.feed_forward.expand, theirs.linear1)
    yield from affine_pairs(ours.feed_forward.contract, theirs.linear2)
    yield from affine_pairs(ours.attention_residual.norm, theirs.norm1)
    yield from affine_pairs(ours.feed_forward_residual.norm, theirs.norm2)


def decoder_layer_pairs(ours: DecoderLayer, theirs: nn.TransformerDecoderLayer) -> Iterator[Pair]:
    yield from attention_pairs(ours.self_attention, theirs.self_attn)
    yield from attention_pairs(ours.cross_attention, theirs.multihead_attn)
    yield from affine_pairs(ours.feed_forward.expand, theirs.linear1)
    yield from affine_pairs(ours.feed_forward.contract, theirs.linear2)
    yield from affine_pairs(ours.self_residual.norm, theirs.norm1)
    yield from affine_pairs(ours.cross_residual.norm, theirs.norm2)
    yield from affine_pairs(ours.feed_forward_residual.norm, theirs.norm3)


def stack_pairs(ours: Encoder | Decoder, theirs: nn.TransformerEncoder | nn.TransformerDecoder) -> Iterator[Pair]:
    layer_pairs = encoder_layer_pairs if isinstance(ours, Encoder) else decoder_layer_pairs
    for our_layer, their_layer in zip(ours.layers, theirs.layers, strict=True):
        yield from layer_pairs(our_layer, their_layer)
    if theirs.norm is not None:
        yield from affine_pairs(ours.norm, theirs.norm)


def copy_weights(pairs: list[Pair]) -> None:
    with torch.no_grad():
        for ours, theirs, rows in pairs:
            theirs[rows] = ours


def assert_same(actual: Tensor, expected: Tensor, inputs: list[Tensor], pairs: list[Pair]) -> None:
    """The same values, and the same gradients of the inputs and of every pair of parameters."""
    assert_equal(actual, expected)
    upstream = torch.randn_like(expected)
    ours = torch.autograd.grad(actual, [*inputs, *(pair[0] for pair in pairs)], upstream)
    theirs = torch.autograd.grad(expected, [*inputs, *(pair[1] for pair in pairs)], upstream)
    all_rows = [slice(None)] * len(inputs) + [rows for _, _, rows in pairs]
    for our_gradient, their_gradient, rows in zip(ours, theirs, all_rows, strict=True):
        assert_equal(our_gradient, their_gradient[rows])


def vectors(length: int) -> Tensor:
    return torch.randn(2, length, 8, requires_grad=True)


@pytest.mark.parametrize("num_heads", [1, 2, 4])
def test_multi_head_attention(num_heads: int) -> None:
    ours = randomised(MultiHeadAttention(8, num_heads, dropout=0.0))
    theirs = nn.MultiheadAttention(8, num_heads, batch_first=True)
    pairs = list(attention_pairs(ours, theirs))
    copy_weights(pairs)
    query, key, value = vectors(4), vectors(5), vectors(5)
    src_mask, _ = create_masks(SRC, TGT)
    output, weights = ours(query, key, value, src_mask)
    their_output, their_weights = theirs(
        query, key, value, key_padding_mask=SRC == 0, need_weights=True, average_attn_weights=False
    )
    assert_equal(weights, their_weights)
    assert_same(output, their_output, [query, key, value], pairs)


def test_layer_norm() -> None:
    ours, theirs, x = randomised(LayerNorm(8)), nn.LayerNorm(8), vectors(5)
    pairs = list(affine_pairs(ours, theirs))
    copy_weights(pairs)
    assert_same(ours(x), theirs(x), [x], pairs)


@pytest.mark.parametrize("norm_first", [False, True], ids=["post-norm", "pre-norm"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
class TestLayers:
    def test_encoder_layer(self, norm_first: bool, activation: str) -> None:
        ours = randomised(EncoderLayer(8, 2, 16, 0.0, norm_first=norm_first, activation=activation))
        theirs = nn.TransformerEncoderLayer(8, 2, 16, 0.0, activation, batch_first=True, norm_first=norm_first)
        pairs = list(encoder_layer_pairs(ours, theirs))
        copy_weights(pairs)
        x = vectors(5)
        src_mask, _ = create_masks(SRC, TGT)
        assert_same(ours(x, src_mask), theirs(x, src_key_padding_mask=SRC == 0), [x], pairs)

    def test_decoder_layer(self, norm_first: bool, activation: str) -> None:
        ours = randomised(DecoderLayer(8, 2, 16, 0.0, norm_first=norm_first, activation=activation))
        theirs = nn.TransformerDecoderLayer(8, 2, 16, 0.0, activation, batch_first=True, norm_first=norm_first)
        pairs = list(decoder_layer_pairs(ours, theirs))
        copy_weights(pairs)
        x, memory = vectors(4), vectors(5)
        expected = theirs(
            x,
            memory,
            tgt_mask=~LOOK_AHEAD[0, 0],  # torch's masks say what is hidden
            tgt_key_padding_mask=TGT == 0,
            memory_key_padding_mask=SRC == 0,
        )
        assert_same(ours(x, memory, *create_masks(SRC, TGT)), expected, [x, memory], pairs)


def torch_transformer(norm_first: bool, activation: str) -> nn.Transformer:
    """``nn.Transformer`` as the paper has it: it ends post-norm stacks with a norm of its own unless told otherwise."""
    encoder_layer = nn.TransformerEncoderLayer(8, 2, 16, 0.0, activation, batch_first=True, norm_first=norm_first)
    decoder_layer = nn.TransformerDecoderLayer(8, 2, 16, 0.0, activation, batch_first=True, norm_first=norm_first)
    return nn.Transformer(
        8,
        2,
        batch_first=True,
        custom_encoder=nn.TransformerEncoder(
            encoder_layer, 2, nn.LayerNorm(8) if norm_first else None, enable_nested_tensor=False
        ),
        custom_decoder=nn.TransformerDecoder(decoder_layer, 3, nn.LayerNorm(8) if norm_first else None),
    )


@pytest.mark.parametrize("norm_first", [False, True], ids=["post-norm", "pre-norm"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("tie_embeddings", ["none", "target"])
def test_the_whole_model(norm_first: bool, activation: str, tie_embeddings: str) -> None:
    ours = small_transformer(
        norm_first=norm_first, activation=activation, tie_embeddings=tie_embeddings, num_decoder_layers=3
    )
    theirs = torch_transformer(norm_first, activation)
    pairs = [*stack_pairs(ours.encoder, theirs.encoder), *stack_pairs(ours.decoder, theirs.decoder)]
    copy_weights(pairs)
    expected = ours.output_projection(
        theirs(
            ours.positional_encoding(ours.src_embedding(SRC)),
            ours.positional_encoding(ours.tgt_embedding(TGT)),
            tgt_mask=~LOOK_AHEAD[0, 0],
            src_key_padding_mask=SRC == 0,
            tgt_key_padding_mask=TGT == 0,
            memory_key_padding_mask=SRC == 0,
        )
    )
    inside = {id(pair[0]) for pair in pairs}
    outside = [parameter for parameter in ours.parameters() if id(parameter) not in inside]
    assert len(outside) == (4 if tie_embeddings == "none" else 2)  # embeddings, output matrix, output bias
    assert_same(ours(SRC, TGT), expected, outside, pairs)


def test_every_parameter_of_the_base_model_has_its_place_in_torchs_own() -> None:
    with torch.device("meta"):
        ours, theirs = Transformer(SRC_VOCAB, TGT_VOCAB), nn.Transformer(batch_first=True)
        pairs = [*stack_pairs(ours.encoder, nn.TransformerEncoder(theirs.encoder.layers[0], 6, None))]
        pairs += [*stack_pairs(ours.decoder, nn.TransformerDecoder(theirs.decoder.layers[0], 6, None))]
    assert sum(pair[0].numel() for pair in pairs) == 44_138_496
    final_norms = 4 * 512
    assert sum(parameter.numel() for parameter in theirs.parameters()) == 44_138_496 + final_norms
