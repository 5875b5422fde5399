"""Our weights as CTranslate2 wants them: one specification, filled layer by layer.

Both compute the same function, so every tensor has one place. Self-attention's three projections stand in one matrix
there, as do the keys and values of cross-attention. Positions are a table on both sides, so ours is written as it is.
"""

from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from henkan.data import BOS_IDX, EOS_IDX, UNK_IDX
from henkan.export.names import source_token, target_token
from henkan.nn import DecoderLayer, EncoderLayer, LayerNorm, MultiHeadAttention, Transformer
from henkan.nn.feed_forward import PositionwiseFeedForward
from henkan.nn.position_encoding import sinusoidal_encoding

ACTIVATIONS = {"relu": "RELU", "gelu": "GELU", "silu": "SWISH"}  # "gelu" is the exact one, not that with tanh

Array = NDArray[np.float32]


def write_model(model: Transformer, folder: Path, quantization: str) -> None:
    """Write ``model`` into ``folder``: model.bin, config.json and the vocabularies.

    A model that CTranslate2 cannot represent is a ``ValueError``.
    """
    check_model(model)
    spec = make_specification(model)
    spec.validate()
    spec.optimize(quantization=quantization)
    spec.save(str(folder))


def check_model(model: Transformer) -> None:
    """Raise unless CTranslate2 has everything that ``model`` computes."""
    config = model.config
    for side in ("encoder", "decoder"):
        if config[f"num_{side}_layers"] == 0:
            raise ValueError(f"CTranslate2 has no {side} without layers, as this model's is: use --engine torch")
    if config["activation"] not in ACTIVATIONS:
        raise ValueError(f"CTranslate2 does not have the activation {config['activation']!r}: use --engine torch")
    for name, parameter in model.named_parameters():
        if not bool(parameter.isfinite().all()):
            raise ValueError(f"{name} of this model holds what is no number: train again with a lower learning rate")


def make_specification(model: Transformer) -> Any:
    """The filled ``TransformerSpec``, not yet validated."""
    from ctranslate2 import specs

    config = model.config
    spec = specs.TransformerSpec.from_config(
        (config["num_encoder_layers"], config["num_decoder_layers"]),
        config["num_heads"],
        pre_norm=config["norm_first"],
        activation=specs.Activation[ACTIVATIONS[config["activation"]]],
    )
    # One more than henkan needs: to score a target, CTranslate2 reads its last token, too.
    encodings = _array(sinusoidal_encoding(model.max_len + 1, model.d_model))
    for side, embedding in ((spec.encoder, model.src_embedding), (spec.decoder, model.tgt_embedding)):
        side.position_encodings.encodings = encodings
        side.scale_embeddings = True  # by sqrt(d_model)
        target = side.embeddings[0] if side is spec.encoder else side.embeddings
        target.weight = _array(embedding.weight)
    for encoder_layer, place in zip(model.encoder.layers, spec.encoder.layer, strict=True):
        _fill_encoder_layer(place, cast(EncoderLayer, encoder_layer))
    for decoder_layer, place in zip(model.decoder.layers, spec.decoder.layer, strict=True):
        _fill_decoder_layer(place, cast(DecoderLayer, decoder_layer))
    if config["norm_first"]:
        _fill_norm(spec.encoder.layer_norm, model.encoder.norm)
        _fill_norm(spec.decoder.layer_norm, model.decoder.norm)
    _fill_linear(spec.decoder.projection, model.output_projection)
    _fill_vocabularies(spec, model)
    spec.config.layer_norm_epsilon = _epsilon(model)
    return spec


def _fill_encoder_layer(place: Any, layer: EncoderLayer) -> None:
    _fill_self_attention(place.self_attention, layer.self_attention, layer.attention_residual.norm)
    _fill_feed_forward(place.ffn, layer.feed_forward, layer.feed_forward_residual.norm)


def _fill_decoder_layer(place: Any, layer: DecoderLayer) -> None:
    _fill_self_attention(place.self_attention, layer.self_attention, layer.self_residual.norm)
    _fill_cross_attention(place.attention, layer.cross_attention, layer.cross_residual.norm)
    _fill_feed_forward(place.ffn, layer.feed_forward, layer.feed_forward_residual.norm)


def _fill_self_attention(place: Any, attention: MultiHeadAttention, norm: nn.Module) -> None:
    _fill_norm(place.layer_norm, norm)
    _fill_linear(place.linear[0], attention.query_projection, attention.key_projection, attention.value_projection)
    _fill_linear(place.linear[1], attention.output_projection)


def _fill_cross_attention(place: Any, attention: MultiHeadAttention, norm: nn.Module) -> None:
    _fill_norm(place.layer_norm, norm)
    _fill_linear(place.linear[0], attention.query_projection)
    _fill_linear(place.linear[1], attention.key_projection, attention.value_projection)
    _fill_linear(place.linear[2], attention.output_projection)


def _fill_feed_forward(place: Any, feed_forward: PositionwiseFeedForward, norm: nn.Module) -> None:
    _fill_norm(place.layer_norm, norm)
    _fill_linear(place.linear_0, feed_forward.expand)
    _fill_linear(place.linear_1, feed_forward.contract)


def _fill_norm(place: Any, norm: nn.Module) -> None:
    assert isinstance(norm, LayerNorm)
    place.gamma, place.beta = _array(norm.weight), _array(norm.bias)


def _fill_linear(place: Any, *projections: nn.Module) -> None:
    """One matrix from those of ``projections``, below each other. A tied output projection has no bias."""
    place.weight = np.concatenate([_array(cast(Tensor, each.weight)) for each in projections])
    if all(getattr(each, "bias", None) is not None for each in projections):
        place.bias = np.concatenate([_array(cast(Tensor, each.bias)) for each in projections])


def _fill_vocabularies(spec: Any, model: Transformer) -> None:
    spec.register_source_vocabulary([source_token(idx) for idx in range(model.src_embedding.num_embeddings)])
    spec.register_target_vocabulary([target_token(idx) for idx in range(model.tgt_embedding.num_embeddings)])
    config = spec.config
    config.unk_token, config.eos_token = target_token(UNK_IDX), target_token(EOS_IDX)
    config.bos_token = config.decoder_start_token = target_token(BOS_IDX)
    config.add_source_bos, config.add_source_eos = False, False  # henkan's sources bring their own


def _epsilon(model: Transformer) -> float:
    """The one that all layer norms share."""
    found = {module.eps for module in model.modules() if isinstance(module, LayerNorm)}
    assert len(found) == 1
    return float(found.pop())


def _array(tensor: Tensor) -> Array:
    """A copy: CTranslate2 quantises in place."""
    return cast(Array, tensor.detach().float().cpu().numpy().copy())
