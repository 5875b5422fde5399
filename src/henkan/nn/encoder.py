"""The encoder: N layers of self-attention and feed-forward (paper, section 3.1, left half of figure 1)."""

from typing import TypedDict

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from typing_extensions import Unpack

from henkan.nn.attention import MultiHeadAttention, attend
from henkan.nn.embedding import TokenEmbedding
from henkan.nn.feed_forward import Activation, PositionwiseFeedForward
from henkan.nn.layer_norm import LayerNorm
from henkan.nn.masks import create_padding_mask
from henkan.nn.position_encoding import PositionalEncoding
from henkan.nn.residual import SublayerConnection


class LayerOptions(TypedDict, total=False):
    """How a layer may differ from the paper's; what is left out is as in the paper."""

    norm_first: bool
    activation: Activation
    attention_dropout: float
    activation_dropout: float


class EncoderLayer(nn.Module):
    """Self-attention, then feed-forward, each inside its residual connection."""

    def __init__(  # noqa: PLR0913 - the published order, then keywords
        self,
        d_model: int,
        num_heads: int,
        d_ff: int,
        dropout: float = 0.1,
        *,
        norm_first: bool = False,
        activation: Activation = "relu",
        attention_dropout: float = 0.0,
        activation_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.self_attention = MultiHeadAttention(d_model, num_heads, attention_dropout)
        self.feed_forward = PositionwiseFeedForward(d_model, d_ff, activation_dropout, activation=activation)
        self.attention_residual = SublayerConnection(d_model, dropout, norm_first=norm_first)
        self.feed_forward_residual = SublayerConnection(d_model, dropout, norm_first=norm_first)

    def forward(
        self, x: Float[Tensor, "B S d_model"], mask: Bool[Tensor, "#B #H #S S"] | None = None
    ) -> Float[Tensor, "B S d_model"]:
        """The sequence after one layer. ``mask`` is True where a position may look."""
        x = self.attention_residual(x, lambda y: attend(self.self_attention, y, y, mask))
        return self.feed_forward_residual(x, self.feed_forward)


class Encoder(nn.Module):
    """The stack of encoder layers, no embedding inside. A pre-norm stack ends with one more LayerNorm."""

    def __init__(
        self,
        num_layers: int,
        d_model: int,
        num_heads: int,
        d_ff: int,
        dropout: float = 0.1,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            EncoderLayer(d_model, num_heads, d_ff, dropout, **options) for _ in range(num_layers)
        )
        self.norm = LayerNorm(d_model) if options.get("norm_first") else nn.Identity()

    def forward(
        self, x: Float[Tensor, "B S d_model"], mask: Bool[Tensor, "#B #H #S S"] | None = None
    ) -> Float[Tensor, "B S d_model"]:
        """The memory: ``x`` after all layers."""
        for layer in self.layers:
            x = layer(x, mask)
        return self.norm(x)


class TransformerEncoder(nn.Module):
    """Token embedding, positional encoding and the stack: ids in, memory out."""

    def __init__(  # noqa: PLR0913 - the order of Transformer
        self,
        vocab_size: int,
        d_model: int = 512,
        num_layers: int = 6,
        num_heads: int = 8,
        d_ff: int = 2048,
        max_len: int = 5000,
        dropout: float = 0.1,
        *,
        pad_idx: int = 0,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__()
        self.pad_idx = pad_idx
        self.embedding = TokenEmbedding(vocab_size, d_model, pad_idx, name="src")
        self.positional_encoding = PositionalEncoding(d_model, max_len, dropout)
        self.encoder = Encoder(num_layers, d_model, num_heads, d_ff, dropout, **options)

    @property
    def layers(self) -> nn.ModuleList:
        """The layers of the stack."""
        return self.encoder.layers

    def forward(
        self, src: Int[Tensor, "B S"], mask: Bool[Tensor, "#B #H #S S"] | None = None
    ) -> Float[Tensor, "B S d_model"]:
        """The memory of ``src``. A mask left out hides the padding."""
        if mask is None:
            mask = create_padding_mask(src, self.pad_idx)
        return self.encoder(self.positional_encoding(self.embedding(src)), mask)
