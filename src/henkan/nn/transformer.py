"""The Transformer (paper, section 3 and figure 1)."""

from typing import Literal

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from henkan.nn.cache import DecoderCache
from henkan.nn.checks import check_ids, check_sizes
from henkan.nn.decoder import Decoder
from henkan.nn.embedding import TiedProjection, TokenEmbedding
from henkan.nn.encoder import Encoder, LayerOptions
from henkan.nn.feed_forward import Activation
from henkan.nn.masks import create_padding_mask, create_target_mask
from henkan.nn.position_encoding import PositionalEncoding

Tying = Literal["none", "target", "all"]


class Transformer(nn.Module):
    """The encoder-decoder of "Attention Is All You Need"; the defaults are the paper's base model.

    ``num_encoder_layers`` and ``num_decoder_layers`` override ``num_layers``. ``tie_embeddings`` shares one matrix
    between target embedding and output projection ("target"), or between these and the source embedding as well
    ("all", as in the paper's section 3.4; both vocabularies must be one). ``norm_first``, ``activation``,
    ``attention_dropout`` and ``activation_dropout`` change every layer. Sizes that do not fit are a ``ValueError``.
    """

    def __init__(  # noqa: PLR0913 - the published signature
        self,
        src_vocab_size: int,
        tgt_vocab_size: int,
        d_model: int = 512,
        num_layers: int = 6,
        num_heads: int = 8,
        d_ff: int = 2048,
        max_len: int = 5000,
        dropout: float = 0.1,
        *,
        num_encoder_layers: int | None = None,
        num_decoder_layers: int | None = None,
        pad_idx: int = 0,
        tie_embeddings: Tying = "none",
        norm_first: bool = False,
        activation: Activation = "relu",
        attention_dropout: float = 0.0,
        activation_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        num_encoder_layers = num_layers if num_encoder_layers is None else num_encoder_layers
        num_decoder_layers = num_layers if num_decoder_layers is None else num_decoder_layers
        # Every argument by name: what a saved model stores, so that loading needs nothing else.
        self.config = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        check_sizes(self.config)
        self.d_model, self.max_len, self.pad_idx = d_model, max_len, pad_idx
        options: LayerOptions = {
            "norm_first": norm_first,
            "activation": activation,
            "attention_dropout": attention_dropout,
            "activation_dropout": activation_dropout,
        }
        self.src_embedding = TokenEmbedding(src_vocab_size, d_model, pad_idx, name="src")
        self.tgt_embedding = TokenEmbedding(tgt_vocab_size, d_model, pad_idx, name="tgt")
        self.positional_encoding = PositionalEncoding(d_model, max_len, dropout)
        self.encoder = Encoder(num_encoder_layers, d_model, num_heads, d_ff, dropout, **options)
        self.decoder = Decoder(num_decoder_layers, d_model, num_heads, d_ff, dropout, **options)
        if tie_embeddings == "all":
            self.src_embedding.weight = self.tgt_embedding.weight
        self.output_projection: nn.Module = (
            nn.Linear(d_model, tgt_vocab_size) if tie_embeddings == "none" else TiedProjection(self.tgt_embedding)
        )
        self._initialise()

    def _initialise(self) -> None:
        """Xavier matrices and zero biases; the output starts near zero, so the first loss is near ln V."""
        for stack in (self.encoder, self.decoder):
            for module in stack.modules():
                if isinstance(module, nn.Linear):
                    nn.init.xavier_uniform_(module.weight)
                    nn.init.zeros_(module.bias)
        if isinstance(self.output_projection, nn.Linear):
            nn.init.normal_(self.output_projection.weight, std=0.02)
            nn.init.zeros_(self.output_projection.bias)

    @property
    def fc_out(self) -> nn.Module:
        """``output_projection`` under its other published name."""
        return self.output_projection

    def check_ids(self, src: Int[Tensor, "B S"], tgt: Int[Tensor, "B T"]) -> None:
        """Raise ``ValueError`` for ids outside the vocabularies. Loops ask before they move ids to a device."""
        check_ids(src, self.src_embedding.num_embeddings, "src")
        check_ids(tgt, self.tgt_embedding.num_embeddings, "tgt")

    def forward(
        self,
        src: Int[Tensor, "B S"],
        tgt: Int[Tensor, "B T"],
        src_mask: Bool[Tensor, "#B #H #T S"] | None = None,
        tgt_mask: Bool[Tensor, "#B #H #T T"] | None = None,
    ) -> Float[Tensor, "B T V"]:
        """The logits, unnormalised, of the token after each target position.

        A mask left out hides padding (``pad_idx``) and, in the target, the future. One given is used as it is.
        Padding belongs behind the tokens. Positions are counted from the first column, so padding in front, though it
        is hidden, moves the tokens to later positions; the logits at padding are finite and mean nothing.
        """
        if src_mask is None:
            src_mask = create_padding_mask(src, self.pad_idx)
        memory = self.encode(src, src_mask)
        return self.output_projection(self.decode(tgt, memory, src_mask, tgt_mask))

    def encode(
        self, src: Int[Tensor, "B S"], src_mask: Bool[Tensor, "#B #H #S S"] | None = None
    ) -> Float[Tensor, "B S d_model"]:
        """The memory of ``src``: what the decoder reads. A mask left out hides the padding."""
        if src_mask is None:
            src_mask = create_padding_mask(src, self.pad_idx)
        return self.encoder(self.positional_encoding(self.src_embedding(src)), src_mask)

    def decode(
        self,
        tgt: Int[Tensor, "B T"],
        memory: Float[Tensor, "B S d_model"],
        src_mask: Bool[Tensor, "#B #H #T S"] | None = None,
        tgt_mask: Bool[Tensor, "#B #H #T T"] | None = None,
    ) -> Float[Tensor, "B T d_model"]:
        """The target's vectors, before the output projection.

        A ``tgt_mask`` left out hides padding and future. Without a ``src_mask`` all of ``memory`` is visible, padding
        included: the memory does not say where its padding is.
        """
        if tgt.size(0) != memory.size(0):
            raise ValueError(f"tgt has {tgt.size(0)} rows and the source {memory.size(0)}: they must be pairs")
        if tgt_mask is None:
            tgt_mask = create_target_mask(tgt, self.pad_idx)
        return self.decoder(self.positional_encoding(self.tgt_embedding(tgt)), memory, src_mask, tgt_mask)

    def start_cache(self, src: Int[Tensor, "B S"], src_mask: Bool[Tensor, "B 1 1 S"] | None = None) -> DecoderCache:
        """The cache from which ``decode_step`` decodes ``src``, before the first step."""
        if src_mask is None:
            src_mask = create_padding_mask(src, self.pad_idx)
        return self.decoder.start_cache(self.encode(src, src_mask), src_mask)

    def decode_step(self, tgt: Int[Tensor, "B N"], cache: DecoderCache) -> tuple[Float[Tensor, "B V"], DecoderCache]:
        """The logits after N new target tokens (no padding), and the cache with them in it.

        Equals ``forward(src, everything so far)[:, -1]`` without computing the past again. Hooks on the decoder's
        attention see nothing here: to see the weights behind a decoded output, call the model on it.
        """
        x = self.positional_encoding(self.tgt_embedding(tgt), offset=cache.length)
        x, cache = self.decoder.step(x, cache)
        return self.output_projection(x[:, -1:]).squeeze(1), cache

    def greedy_decode(
        self, src: Int[Tensor, "B S"], max_len: int, start_token_id: int, end_token_id: int
    ) -> Int[Tensor, "B T"]:
        """Ids, at most ``max_len`` a row with the start token counted: always the likeliest next token.

        Each row starts with the start token; after its end token it is filled with ``pad_idx``.
        """
        from henkan.decoding import decode_ids  # here, because decoding is built on this class

        return decode_ids(self, src, max_len, start_token_id, end_token_id)

    def generate(  # noqa: PLR0913 - the published signature
        self,
        src: Int[Tensor, "B S"],
        max_len: int,
        start_token_id: int,
        end_token_id: int,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        *,
        seeds: list[int] | None = None,
    ) -> Int[Tensor, "B T"]:
        """As ``greedy_decode``, but each token is drawn from the model's distribution.

        ``temperature`` flattens (> 1) or sharpens (< 1) it, then ``top_k`` keeps the k likeliest tokens, then
        ``top_p`` the smallest set of likeliest tokens that holds this much probability. ``seeds`` are one per row; a
        row's draw depends on its own seed alone. Without them, torch's global generator gives them.
        """
        from henkan.decoding import Sampling, decode_ids

        sampling = Sampling(temperature=temperature, top_k=top_k, top_p=top_p)
        return decode_ids(self, src, max_len, start_token_id, end_token_id, sampling, seeds=seeds)


def count_parameters(model: nn.Module) -> int:
    """The number of trainable parameters; those that are shared count once."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
