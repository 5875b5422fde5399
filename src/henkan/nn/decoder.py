"""The decoder: N layers that see their own past and the whole source (paper, section 3.1, right half of figure 1)."""

from collections.abc import Iterable
from typing import cast

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from typing_extensions import Unpack

from henkan.nn.attention import MultiHeadAttention, attend
from henkan.nn.cache import DecoderCache, LayerCache
from henkan.nn.embedding import TokenEmbedding
from henkan.nn.encoder import LayerOptions
from henkan.nn.feed_forward import Activation, PositionwiseFeedForward
from henkan.nn.layer_norm import LayerNorm
from henkan.nn.masks import create_look_ahead_mask, create_target_mask
from henkan.nn.position_encoding import PositionalEncoding
from henkan.nn.residual import SublayerConnection


class DecoderLayer(nn.Module):
    """Self-attention, cross-attention to the memory, then feed-forward, each inside its residual connection."""

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
        self.cross_attention = MultiHeadAttention(d_model, num_heads, attention_dropout)
        self.feed_forward = PositionwiseFeedForward(d_model, d_ff, activation_dropout, activation=activation)
        self.self_residual = SublayerConnection(d_model, dropout, norm_first=norm_first)
        self.cross_residual = SublayerConnection(d_model, dropout, norm_first=norm_first)
        self.feed_forward_residual = SublayerConnection(d_model, dropout, norm_first=norm_first)

    def forward(
        self,
        x: Float[Tensor, "B T d_model"],
        memory: Float[Tensor, "B S d_model"],
        src_mask: Bool[Tensor, "#B #H #T S"] | None = None,
        tgt_mask: Bool[Tensor, "#B #H #T T"] | None = None,
    ) -> Float[Tensor, "B T d_model"]:
        """The sequence after one layer. The masks are True where a position may look: in the source, in the target."""
        x = self.self_residual(x, lambda y: attend(self.self_attention, y, y, tgt_mask))
        x = self.cross_residual(x, lambda y: attend(self.cross_attention, y, memory, src_mask))
        return self.feed_forward_residual(x, self.feed_forward)

    def step(
        self,
        x: Float[Tensor, "B N d_model"],
        cache: LayerCache,
        src_mask: Bool[Tensor, "#B #H #N S"] | None = None,
        tgt_mask: Bool[Tensor, "#B #H N past_and_N"] | None = None,
    ) -> tuple[Float[Tensor, "B N d_model"], LayerCache]:
        """``forward`` for N new positions, and the cache with them in it; the past comes from ``cache``, not ``x``."""
        past = cache.past

        def look_back(y: Tensor) -> Tensor:
            nonlocal past
            new = self.self_attention.project_memory(y)
            past = new if past is None else past.append(new)
            return self.self_attention.attend(y, past, tgt_mask)

        x = self.self_residual(x, look_back)
        x = self.cross_residual(x, lambda y: self.cross_attention.attend(y, cache.memory, src_mask))
        return self.feed_forward_residual(x, self.feed_forward), LayerCache(past, cache.memory)


class Decoder(nn.Module):
    """The stack of decoder layers, no embedding inside. A pre-norm stack ends with one more LayerNorm."""

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
            DecoderLayer(d_model, num_heads, d_ff, dropout, **options) for _ in range(num_layers)
        )
        self.norm = LayerNorm(d_model) if options.get("norm_first") else nn.Identity()

    def forward(
        self,
        x: Float[Tensor, "B T d_model"],
        memory: Float[Tensor, "B S d_model"],
        src_mask: Bool[Tensor, "#B #H #T S"] | None = None,
        tgt_mask: Bool[Tensor, "#B #H #T T"] | None = None,
    ) -> Float[Tensor, "B T d_model"]:
        """``x`` after all layers. Every layer reads the same memory, the encoder's last."""
        for layer in self.layers:
            x = layer(x, memory, src_mask, tgt_mask)
        return self.norm(x)

    def start_cache(
        self, memory: Float[Tensor, "B S d_model"], src_mask: Bool[Tensor, "B 1 1 S"] | None = None
    ) -> DecoderCache:
        """The cache before the first step: the memory's keys and values, projected once for all steps."""
        layers = tuple(LayerCache(None, layer.cross_attention.project_memory(memory)) for layer in self._layers())
        return DecoderCache(layers, src_mask)

    def step(
        self, x: Float[Tensor, "B N d_model"], cache: DecoderCache
    ) -> tuple[Float[Tensor, "B N d_model"], DecoderCache]:
        """The last N positions of ``forward`` over the past and ``x``, and the cache with ``x`` in it."""
        new_length = cache.length + x.size(1)
        tgt_mask = None  # a single new position may see all of the past
        if x.size(1) > 1:
            tgt_mask = create_look_ahead_mask(new_length, device=x.device)[:, :, cache.length :]
        layers = []
        for layer, layer_cache in zip(self._layers(), cache.layers, strict=True):
            x, layer_cache = layer.step(x, layer_cache, cache.memory_mask, tgt_mask)
            layers.append(layer_cache)
        return self.norm(x), DecoderCache(tuple(layers), cache.memory_mask, new_length)

    def _layers(self) -> Iterable[DecoderLayer]:
        return cast(Iterable[DecoderLayer], self.layers)


class TransformerDecoder(nn.Module):
    """Token embedding, positional encoding and the stack: ids and memory in, vectors out."""

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
        self.embedding = TokenEmbedding(vocab_size, d_model, pad_idx, name="tgt")
        self.positional_encoding = PositionalEncoding(d_model, max_len, dropout)
        self.decoder = Decoder(num_layers, d_model, num_heads, d_ff, dropout, **options)

    @property
    def layers(self) -> nn.ModuleList:
        """The layers of the stack."""
        return self.decoder.layers

    def forward(
        self,
        tgt: Int[Tensor, "B T"],
        memory: Float[Tensor, "B S d_model"],
        src_mask: Bool[Tensor, "#B #H #T S"] | None = None,
        tgt_mask: Bool[Tensor, "#B #H #T T"] | None = None,
    ) -> Float[Tensor, "B T d_model"]:
        """The vectors of ``tgt``, before any output projection. A ``tgt_mask`` left out hides padding and future."""
        if tgt_mask is None:
            tgt_mask = create_target_mask(tgt, self.pad_idx)
        return self.decoder(self.positional_encoding(self.embedding(tgt)), memory, src_mask, tgt_mask)
