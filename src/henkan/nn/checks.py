"""What is checked before anything reaches a device. Each check raises a ``ValueError`` that names the way out."""

from collections.abc import Mapping

import torch
from torch import Tensor


def check_ids(ids: Tensor, vocab_size: int, name: str) -> None:
    """Raise unless ``ids`` is a (B, T) tensor, T > 0, of ids inside the vocabulary.

    On an accelerator only dtype and shape are checked: reading the values would make the processor wait for the device
    at every step. Training and decoding therefore check before they copy ids there.
    """
    if ids.dtype != torch.long or ids.dim() != 2:
        raise ValueError(
            f"{name} must be a torch.long tensor of shape (batch, length), not {ids.dtype} of shape {tuple(ids.shape)}"
        )
    if ids.size(1) == 0:
        raise ValueError(f"{name} is empty (shape {tuple(ids.shape)}): a sequence needs at least one token")
    if ids.device.type != "cpu" or ids.numel() == 0 or torch.compiler.is_compiling():
        return
    low, high = int(ids.min()), int(ids.max())
    if low < 0 or high >= vocab_size:
        raise ValueError(
            f"{name} contains id {low if low < 0 else high}, outside the vocabulary 0..{vocab_size - 1}: "
            f"encode the text with the model's own vocabulary, or build the model with a larger one"
        )


def check_mask(mask: Tensor | None, q: Tensor, k: Tensor) -> None:
    """Raise unless ``mask`` is boolean and (B or 1, H or 1, Tq or 1, Tk) for queries ``q`` and keys ``k``.

    Four axes are required: with fewer, a (B, S) mask would pass for a (Tq, Tk) one whenever the sizes agree.
    """
    if mask is None:
        return
    if mask.dtype != torch.bool:
        raise ValueError(
            f"a mask must be boolean with True = may attend, not {mask.dtype}: compare first, for example mask != 0"
        )
    batch, heads, queries, keys = *q.shape[:3], k.size(2)
    allowed = ((1, batch), (1, heads), (1, queries), (keys,))
    if mask.dim() != 4 or any(size not in choice for size, choice in zip(mask.shape, allowed, strict=True)):
        raise ValueError(
            f"a mask of shape {tuple(mask.shape)} does not fit attention of batch {batch}, {heads} heads, "
            f"{queries} queries and {keys} keys: it must be ({batch} or 1, {heads} or 1, {queries} or 1, {keys}), "
            f"as create_masks makes it"
        )


def check_heads(d_model: int, num_heads: int) -> None:
    """Raise unless ``d_model`` can be split into ``num_heads`` heads of equal width."""
    if num_heads < 1 or d_model % num_heads != 0:
        raise ValueError(
            f"d_model={d_model} cannot be split into num_heads={num_heads} heads of equal width: "
            f"choose a num_heads that divides d_model"
        )


def check_sizes(config: Mapping[str, object]) -> None:
    """Raise unless a ``Transformer`` can be built with these arguments."""
    sizes = ("src_vocab_size", "tgt_vocab_size", "d_model", "num_heads", "d_ff", "max_len")
    for name, least in {**dict.fromkeys(sizes, 1), "num_encoder_layers": 0, "num_decoder_layers": 0}.items():
        value = config[name]
        if not isinstance(value, int) or value < least:
            raise ValueError(f"{name}={value!r} must be a whole number of at least {least}")
    for name in ("dropout", "attention_dropout", "activation_dropout"):
        value = config[name]
        if not isinstance(value, (int, float)) or not 0.0 <= value < 1.0:
            raise ValueError(f"{name}={value!r} must be at least 0 and below 1: it is the share that is set to zero")
    check_vocabularies(config["src_vocab_size"], config["tgt_vocab_size"], config["pad_idx"], config["tie_embeddings"])


def check_vocabularies(src_vocab_size: object, tgt_vocab_size: object, pad_idx: object, tie_embeddings: object) -> None:
    """Raise unless padding is in both vocabularies and they can be tied as asked."""
    assert isinstance(src_vocab_size, int)
    assert isinstance(tgt_vocab_size, int)
    smaller = min(src_vocab_size, tgt_vocab_size)
    if not isinstance(pad_idx, int) or not 0 <= pad_idx < smaller:
        raise ValueError(f"pad_idx={pad_idx!r} must be an id of both vocabularies, 0..{smaller - 1}")
    if tie_embeddings not in ("none", "target", "all"):
        raise ValueError(f"tie_embeddings={tie_embeddings!r} is unknown: choose none, target or all")
    if tie_embeddings == "all" and src_vocab_size != tgt_vocab_size:
        raise ValueError(
            f"tie_embeddings='all' needs one vocabulary for both sides, not src_vocab_size={src_vocab_size} and "
            f"tgt_vocab_size={tgt_vocab_size}: share the vocabulary or choose 'target'"
        )
