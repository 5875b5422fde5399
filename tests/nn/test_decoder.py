"""The decoder: who reads what, and what no position may see."""

import pytest
import torch
import torch.nn.functional as F

from henkan.nn import (
    Decoder,
    DecoderLayer,
    Transformer,
    TransformerDecoder,
    count_parameters,
    create_look_ahead_mask,
    create_masks,
)

from .small import TGT_VOCAB, assert_equal, random_ids, randomised

pytestmark = pytest.mark.usefixtures("float64")

LOOK_AHEAD = create_look_ahead_mask(4)


def small_decoder(num_layers: int = 3, *, norm_first: bool = False) -> Decoder:
    return randomised(Decoder(num_layers, 8, 2, 16, 0.0, norm_first=norm_first))


def depends_on(outputs: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
    """True at [i, j] where position i of the outputs depends on position j of the inputs (both have one row)."""
    rows = [torch.autograd.grad(y.sum() + y[0], inputs, retain_graph=True)[0] for y in outputs[0]]
    return torch.stack([row[0].abs().sum(dim=-1) > 1e-12 for row in rows])


def test_a_layer_of_the_teaching_size_has_264576_parameters() -> None:
    assert count_parameters(DecoderLayer(128, 4, 512)) == 264_576


def test_a_layer_looks_back_then_across_then_feeds_forward() -> None:
    layer, x, memory = randomised(DecoderLayer(8, 2, 16, dropout=0.0)), torch.randn(2, 4, 8), torch.randn(2, 5, 8)
    y = layer.self_residual.norm(x + layer.self_attention(x, x, x, LOOK_AHEAD)[0])
    y = layer.cross_residual.norm(y + layer.cross_attention(y, memory, memory)[0])
    y = layer.feed_forward_residual.norm(y + layer.feed_forward(y))
    assert_equal(layer(x, memory, None, LOOK_AHEAD), y)


@pytest.mark.parametrize("norm_first", [False, True])
def test_every_layer_reads_the_same_memory_and_pre_norm_ends_with_a_norm(norm_first: bool) -> None:
    decoder, x, memory = small_decoder(norm_first=norm_first), torch.randn(2, 4, 8), torch.randn(2, 5, 8)
    expected = x
    for layer in decoder.layers:
        expected = layer(expected, memory, None, LOOK_AHEAD)
    assert_equal(decoder(x, memory, None, LOOK_AHEAD), decoder.norm(expected) if norm_first else expected)
    assert count_parameters(decoder) - 3 * count_parameters(decoder.layers[0]) == (16 if norm_first else 0)


@pytest.mark.parametrize("norm_first", [False, True])
def test_a_position_depends_on_itself_its_past_and_the_whole_source(norm_first: bool) -> None:  # T1
    decoder = small_decoder(norm_first=norm_first)
    x, memory = torch.randn(1, 4, 8, requires_grad=True), torch.randn(1, 5, 8, requires_grad=True)
    outputs = decoder(x, memory, None, LOOK_AHEAD)
    assert torch.equal(depends_on(outputs, x), LOOK_AHEAD[0, 0])
    assert depends_on(outputs, memory).all()


def test_a_position_depends_on_no_hidden_source_token() -> None:  # T3
    x, memory = torch.randn(1, 4, 8), torch.randn(1, 4, 8, requires_grad=True)  # T = S: a wrong mask would fit
    src_mask = torch.tensor([[[[True, False, True, False]]]])
    seen = depends_on(small_decoder()(x, memory, src_mask, LOOK_AHEAD), memory)
    assert torch.equal(seen, src_mask[0, 0].expand(4, 4))


def test_stepping_equals_forward_for_any_number_of_positions_at_a_time() -> None:  # T9
    decoder, x, memory = small_decoder(), torch.randn(2, 4, 8), torch.randn(2, 5, 8)
    expected = decoder(x, memory, None, LOOK_AHEAD)
    for sizes in ([1, 1, 1, 1], [4], [3, 1], [1, 2, 1]):
        cache, parts = decoder.start_cache(memory), []
        for part in x.split(sizes, dim=1):
            y, cache = decoder.step(part, cache)
            parts.append(y)
        assert_equal(torch.cat(parts, dim=1), expected)
        assert cache.length == 4


@pytest.mark.parametrize("pad_idx", [0, 4])
def test_with_an_embedding_it_equals_the_decode_of_a_model(pad_idx: int) -> None:
    model = Transformer(5, TGT_VOCAB, 8, 2, 2, 16, max_len=9, pad_idx=pad_idx).eval()
    decoder = TransformerDecoder(TGT_VOCAB, 8, 2, 2, 16, max_len=9, pad_idx=pad_idx).eval()
    decoder.embedding.load_state_dict(model.tgt_embedding.state_dict())
    decoder.decoder.load_state_dict(model.decoder.state_dict())
    tgt, memory = F.pad(random_ids(2, 4), (1, 1), value=pad_idx), torch.randn(2, 5, 8)
    assert_equal(decoder(tgt, memory), model.decode(tgt, memory))  # the mask left out hides padding and future
    assert_equal(decoder(tgt, memory, None, create_masks(tgt, tgt, pad_idx)[1]), model.decode(tgt, memory))
    assert decoder.layers is decoder.decoder.layers
