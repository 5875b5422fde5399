"""Hugging Face's Marian: the paper's post-norm model, the one of transformers with sinusoids and any sizes."""

from torch import Tensor, nn
from transformers import MarianConfig, MarianMTModel

from time_to_quality.batches import Work
from time_to_quality.contest import Contest
from time_to_quality.peer import Settings

PACKAGE = "transformers"
NOTE = "normalises after each sub-layer: it can do no other; no bias in its output"


def make_model(contest: Contest, settings: Settings) -> nn.Module:
    """The model with random weights; it can only normalise after its sub-layers."""
    sizes = contest.sizes
    inner = sizes.dropout if settings.inner_dropout else 0.0
    config = MarianConfig(
        vocab_size=contest.src_vocab_size, decoder_vocab_size=contest.tgt_vocab_size,
        share_encoder_decoder_embeddings=False, tie_word_embeddings=False, d_model=sizes.d_model,
        encoder_layers=sizes.num_encoder_layers, decoder_layers=sizes.num_decoder_layers,
        encoder_attention_heads=sizes.num_heads, decoder_attention_heads=sizes.num_heads,
        encoder_ffn_dim=sizes.d_ff, decoder_ffn_dim=sizes.d_ff, activation_function="relu", scale_embedding=True,
        dropout=sizes.dropout, attention_dropout=inner, activation_dropout=inner,
        max_position_embeddings=sizes.max_len, pad_token_id=contest.pad_idx, bos_token_id=contest.bos_idx,
        eos_token_id=contest.eos_idx, decoder_start_token_id=contest.bos_idx, forced_eos_token_id=None,
    )  # fmt: skip
    return MarianMTModel(config)


def logits_of(model: nn.Module, work: Work, contest: Contest) -> Tensor:
    """The logits after each target position."""
    return model(
        input_ids=work.src, attention_mask=(work.src != contest.pad_idx).long(), decoder_input_ids=work.tgt_in,
        use_cache=False,
    ).logits  # fmt: skip


def decode(model: nn.Module, src: Tensor, contest: Contest) -> Tensor:
    """What ``generate`` gives greedily."""
    return model.generate(
        input_ids=src, attention_mask=(src != contest.pad_idx).long(), num_beams=1, do_sample=False,
        max_new_tokens=contest.max_output,
    )  # fmt: skip
