"""The encoder: its layers, its stack, and the stack with an embedding in front."""

import pytest
import torch
import torch.nn.functional as F

from henkan.nn import Encoder, EncoderLayer, Transformer, TransformerEncoder, count_parameters, create_padding_mask

from .small import SRC_VOCAB, assert_equal, random_ids, randomised

pytestmark = pytest.mark.usefixtures("float64")


def small_encoder(num_layers: int = 2, *, norm_first: bool = False) -> Encoder:
    return randomised(Encoder(num_layers, 8, 2, 16, 0.0, norm_first=norm_first))


def test_a_layer_of_the_teaching_size_has_198272_parameters() -> None:
    assert count_parameters(EncoderLayer(128, 4, 512)) == 198_272


def test_a_layer_is_attention_then_feed_forward() -> None:
    layer, x = randomised(EncoderLayer(8, 2, 16, dropout=0.0)), torch.randn(2, 3, 8)
    after_attention = layer.attention_residual.norm(x + layer.self_attention(x, x, x)[0])
    expected = layer.feed_forward_residual.norm(after_attention + layer.feed_forward(after_attention))
    assert_equal(layer(x), expected)


@pytest.mark.parametrize("norm_first", [False, True])
def test_the_stack_is_its_layers_in_a_row_and_pre_norm_ends_with_a_norm(norm_first: bool) -> None:
    encoder, x = small_encoder(3, norm_first=norm_first), torch.randn(2, 3, 8)
    expected = x
    for layer in encoder.layers:
        expected = layer(expected)
    assert_equal(encoder(x), encoder.norm(expected) if norm_first else expected)
    assert count_parameters(encoder) - 3 * count_parameters(encoder.layers[0]) == (16 if norm_first else 0)


def test_no_two_layers_share_a_parameter() -> None:
    encoder = small_encoder(3)
    assert len({parameter.data_ptr() for parameter in encoder.parameters()}) == 3 * len(
        list(encoder.layers[0].parameters())
    )


def test_it_is_blind_to_order_until_positions_are_added() -> None:
    model, order = Transformer(SRC_VOCAB, 5, 8, 2, 2, 16, max_len=9).eval(), torch.tensor([2, 0, 3, 1])
    src = torch.tensor([[3, 4, 5, 6]])
    without = model.encoder(model.src_embedding(src))
    assert_equal(model.encoder(model.src_embedding(src[:, order])), without[:, order])
    assert not torch.allclose(model.encode(src[:, order]), model.encode(src)[:, order], atol=1e-3)


@pytest.mark.parametrize("norm_first", [False, True])
def test_every_layer_hides_what_the_mask_hides(norm_first: bool) -> None:  # T2
    encoder, x = small_encoder(3, norm_first=norm_first), torch.randn(2, 6, 8)
    mask = create_padding_mask(torch.tensor([[1, 1, 1, 1, 0, 0]]))
    changed = x.clone()
    changed[:, 4:] = torch.randn(2, 2, 8)
    assert_equal(encoder(changed, mask)[:, :4], encoder(x, mask)[:, :4])
    assert_equal(encoder(x, mask)[:, :4], encoder(x[:, :4])[:, :4])
    assert not torch.allclose(encoder(changed)[:, :4], encoder(x)[:, :4])


@pytest.mark.parametrize("pad_idx", [0, 4])
def test_with_an_embedding_it_equals_the_encode_of_a_model(pad_idx: int) -> None:
    model = Transformer(SRC_VOCAB, 5, 8, 2, 2, 16, max_len=9, pad_idx=pad_idx).eval()
    encoder = TransformerEncoder(SRC_VOCAB, 8, 2, 2, 16, max_len=9, pad_idx=pad_idx).eval()
    encoder.embedding.load_state_dict(model.src_embedding.state_dict())
    encoder.encoder.load_state_dict(model.encoder.state_dict())
    src = F.pad(random_ids(2, 4), (0, 2), value=pad_idx)
    assert_equal(encoder(src), model.encode(src))  # the mask left out hides the padding in both
    assert_equal(encoder(src, create_padding_mask(src, pad_idx)), model.encode(src))
    assert encoder.layers is encoder.encoder.layers
