"""``Transformer.decode_step`` for one token a row, in fewer and cheaper operations; tests hold the two equal.

Made anew for every call of ``generate``, so that it never holds weights that training has changed since. What it gains,
measured piece by piece, and what was tried in vain: docs/decisions/0023-fast-step.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from henkan.decoding.fast_cache import FIRST_ROOM, Buffers, FastCache
from henkan.decoding.product import Product
from henkan.nn import Transformer
from henkan.nn.attention import MultiHeadAttention
from henkan.nn.decoder import DecoderLayer
from henkan.nn.embedding import TiedProjection
from henkan.nn.residual import SublayerConnection


class FastSteps:
    """Decodes as ``model`` does, from the weights that it has now."""

    def __init__(self, model: Transformer) -> None:
        self.model = model
        self.layers = [FastLayer.of(cast(DecoderLayer, layer)) for layer in model.decoder.layers]
        output = model.output_projection
        bias = None if isinstance(output, TiedProjection) else cast(Tensor, output.bias)
        self.project = Product(cast(Tensor, output.weight), bias)
        self.zero_logit = output.pad_idx if isinstance(output, TiedProjection) else None

    def start_cache(self, src: Int[Tensor, "B S"], src_mask: Bool[Tensor, "B 1 1 S"]) -> FastCache:
        """As ``Transformer.start_cache``."""
        layers = self.model.start_cache(src, src_mask).layers
        weight = self.model.tgt_embedding.weight
        if not layers:
            nothing = Buffers(weight.new_empty(0, src.size(0), 1, 1, 1), weight.new_empty(0, src.size(0), 1, 1, 1))
            return FastCache(nothing, nothing, None)
        keys = torch.stack([layer.memory.keys.transpose(2, 3) for layer in layers])
        memory = Buffers(keys, torch.stack([layer.memory.values for layer in layers]))
        hidden = None
        if not src_mask.all():
            # A row that may look nowhere gathers nothing: it looks everywhere, at values that are zero.
            nowhere = ~src_mask.any(-1, keepdim=True)
            memory.values.masked_fill_(nowhere, 0.0)
            hidden = torch.zeros_like(src_mask, dtype=weight.dtype).masked_fill_(~(src_mask | nowhere), -torch.inf)
        return FastCache(memory.empty(room=FIRST_ROOM), memory, hidden)

    def decode_step(self, tgt: Int[Tensor, "B 1"], cache: FastCache) -> tuple[Float[Tensor, "B V"], FastCache]:
        """As ``Transformer.decode_step``; ``cache`` is used up."""
        model, cache = self.model, cache.longer()
        x = F.embedding(tgt.squeeze(1), model.tgt_embedding.weight) * model.tgt_embedding.scale
        x += model.positional_encoding.encoding[cache.length - 1]
        for number, layer in enumerate(self.layers):
            x = layer.step(x, number, cache)
        x = model.decoder.norm(x)
        logits = self.project(x)
        if self.zero_logit is not None:
            logits[:, self.zero_logit] = 0.0
        return logits, cache


@dataclass(frozen=True)
class FastLayer:
    """One decoder layer: the projections of one input joined, the queries scaled by their weights."""

    num_heads: int
    look_back: Product  # to queries, keys and values
    look_back_out: Product
    look_across: Product  # to queries
    look_across_out: Product
    expand: Product
    contract: Product
    activation: Callable[[Tensor], Tensor]
    residuals: tuple[SublayerConnection, SublayerConnection, SublayerConnection]

    @classmethod
    def of(cls, layer: DecoderLayer) -> "FastLayer":
        """The weights of ``layer`` as steps read them."""
        back, across = layer.self_attention, layer.cross_attention
        projections = back.key_projection, back.value_projection
        queries = scaled_queries(back)
        return cls(
            back.num_heads,
            Product(
                torch.cat([queries[0], *(each.weight for each in projections)]),
                torch.cat([queries[1], *(each.bias for each in projections)]),
            ),
            Product.of(back.output_projection),
            Product(*scaled_queries(across)),
            Product.of(across.output_projection),
            Product.of(layer.feed_forward.expand),
            Product.of(layer.feed_forward.contract),
            layer.feed_forward.activation,
            (layer.self_residual, layer.cross_residual, layer.feed_forward_residual),
        )

    def step(self, x: Float[Tensor, "B d_model"], number: int, cache: FastCache) -> Float[Tensor, "B d_model"]:
        """``x``, the last of ``cache.length`` positions, after this layer, which is the ``number``-th."""
        keys, values = cache.past.keys[number], cache.past.values[number]
        shape, end = (x.size(0), -1, self.num_heads, keys.size(-2)), cache.length  # (B, 3 or 1, H, D)

        def look_back(y: Tensor) -> Tensor:
            q, new_keys, new_values = self.look_back(y).view(shape).unbind(1)
            keys[..., end - 1] = new_keys
            values[..., end - 1, :] = new_values
            return self.look_back_out(mix(q, keys[..., :end], values[..., :end, :], None))

        def look_across(y: Tensor) -> Tensor:
            q = self.look_across(y).view(shape).squeeze(1)
            return self.look_across_out(mix(q, cache.memory.keys[number], cache.memory.values[number], cache.hidden))

        x = around(self.residuals[0], x, look_back)
        x = around(self.residuals[1], x, look_across)
        return around(self.residuals[2], x, lambda y: self.contract(self.activation(self.expand(y))))


def around(residual: SublayerConnection, x: Tensor, sublayer: Callable[[Tensor], Tensor]) -> Tensor:
    """``residual(x, sublayer)`` without dropout, added where ``sublayer`` wrote its result."""
    if residual.norm_first:
        return sublayer(residual.norm(x)).add_(x)
    return residual.norm(sublayer(x).add_(x))


def scaled_queries(attention: MultiHeadAttention) -> tuple[Tensor, Tensor]:
    """Weight and bias of the query projection, over sqrt(D)."""
    projection = attention.query_projection
    scale = (projection.out_features // attention.num_heads) ** -0.5
    return projection.weight * scale, projection.bias * scale


def mix(
    q: Float[Tensor, "B H D"],
    keys: Float[Tensor, "B H D Tk"],
    values: Float[Tensor, "B H Tk D"],
    hidden: Float[Tensor, "B 1 1 Tk"] | None,
) -> Float[Tensor, "B d_model"]:
    """``scaled_dot_product_attention`` of one scaled query a head, heads merged."""
    batch, num_heads, width = q.shape
    scores = torch.bmm(q.reshape(batch * num_heads, 1, width), keys.flatten(0, 1))
    if hidden is not None:
        scores.view(batch, num_heads, 1, -1).add_(hidden)
    return torch.bmm(scores.softmax(-1), values.flatten(0, 1)).view(batch, num_heads * width)
