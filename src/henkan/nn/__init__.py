"""The paper, part by part: tensors in, tensors out, nothing but torch.

Read in this order: `position_encoding`, `embedding`, `attention`, `feed_forward`, `layer_norm`, `dropout`, `residual`,
`masks`, `encoder`, `decoder`, `cache`, `transformer`.
"The paper" is Vaswani et al. (2017), "Attention Is All You Need".

Shapes are written in the signatures, with these letters:

    B  batch                    H        heads
    S  source length            D        width of one head, d_model / H
    T  target length            d_model  width of the model
    Tq query length             d_ff     inner width of the feed-forward network
    Tk key length               V        size of the target vocabulary

Masks are boolean and True means "may attend".
"""

from henkan.nn.attention import (
    MultiHeadAttention,
    SelfAttention,
    fused_attention,
    scaled_dot_product_attention,
)
from henkan.nn.cache import DecoderCache, KeyValue, LayerCache
from henkan.nn.decoder import Decoder, DecoderLayer, TransformerDecoder
from henkan.nn.dropout import Dropout
from henkan.nn.embedding import TokenEmbedding
from henkan.nn.encoder import Encoder, EncoderLayer, TransformerEncoder
from henkan.nn.feed_forward import FeedForward, PositionwiseFeedForward
from henkan.nn.layer_norm import LayerNorm, layer_norm
from henkan.nn.masks import create_look_ahead_mask, create_masks, create_padding_mask
from henkan.nn.position_encoding import PositionalEncoding, sinusoidal_encoding
from henkan.nn.residual import SublayerConnection
from henkan.nn.transformer import Transformer, count_parameters

__all__ = [
    "Decoder",
    "DecoderCache",
    "DecoderLayer",
    "Dropout",
    "Encoder",
    "EncoderLayer",
    "FeedForward",
    "KeyValue",
    "LayerCache",
    "LayerNorm",
    "MultiHeadAttention",
    "PositionalEncoding",
    "PositionwiseFeedForward",
    "SelfAttention",
    "SublayerConnection",
    "TokenEmbedding",
    "Transformer",
    "TransformerDecoder",
    "TransformerEncoder",
    "count_parameters",
    "create_look_ahead_mask",
    "create_masks",
    "create_padding_mask",
    "fused_attention",
    "layer_norm",
    "scaled_dot_product_attention",
    "sinusoidal_encoding",
]
