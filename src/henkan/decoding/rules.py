"""Which tokens may come next, whatever the model would prefer."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

FREE = -1  # in a table of prefixes: nothing is forced here


@dataclass(frozen=True)
class Rules:
    """The rules of one call of ``generate``.

    ``max_len`` is the most tokens after the start token, the end token counted; the end token may come once
    ``min_len`` tokens stand. ``never`` are the tokens that are never produced. ``prefix`` is what each row must begin
    with, filled with ``FREE``.
    """

    bos_idx: int
    eos_idx: int
    max_len: int
    min_len: int
    never: Int[Tensor, " F"]
    prefix: Int[Tensor, "B P"]

    def forbid(self, log_probs: Float[Tensor, "N V"], rows: Int[Tensor, " N"], length: int) -> Float[Tensor, "N V"]:
        """``log_probs`` of the token after ``length`` others, overwritten with -inf where a token may not stand there.

        ``rows`` are the rows of ``prefix`` that are being decoded. What is allowed keeps its log-probability: nothing
        is shared out again, so that sums of them stay those of the model.
        """
        log_probs.index_fill_(1, self.never, -torch.inf)  # in place: a copy would take longer than all else here
        if length < self.min_len:
            log_probs[:, self.eos_idx] = -torch.inf
        if length < self.prefix.size(1):
            forced = self.prefix[rows, length].unsqueeze(1)  # (N, 1)
            others = forced != torch.arange(log_probs.size(1), device=forced.device)
            log_probs.masked_fill_(others & (forced != FREE), -torch.inf)
        return log_probs


def make_rules(  # noqa: PLR0913 - what generate is asked for
    vocab_size: int,
    batch_size: int,
    *,
    pad_idx: int,
    bos_idx: int,
    eos_idx: int,
    max_len: int,
    min_len: int = 0,
    prefix: Sequence[Sequence[int]] | None = None,
    device: torch.device | None = None,
) -> Rules:
    """Checked ``Rules``. Raises ``ValueError`` for rules that contradict the vocabulary or each other."""
    _check_special_tokens(vocab_size, pad_idx, bos_idx, eos_idx)
    specials = {pad_idx, bos_idx, eos_idx}
    if max_len < 1:
        raise ValueError(f"max_len={max_len} leaves no room for a token: it must be at least 1")
    if not 0 <= min_len <= max_len:
        raise ValueError(f"min_len={min_len} must lie between 0 and max_len={max_len}")
    if min_len > 0 and vocab_size == len(specials):
        raise ValueError(f"min_len={min_len} cannot be reached: the vocabulary holds only padding, start and end token")
    prefix = [[]] * batch_size if prefix is None else prefix
    _check_prefix(prefix, batch_size, max_len, vocab_size, specials)
    longest = max(map(len, prefix), default=0)
    table = [[*tokens, *[FREE] * (longest - len(tokens))] for tokens in prefix]
    never = sorted({pad_idx, bos_idx} - {eos_idx})  # some models start with their end token
    return Rules(
        bos_idx,
        eos_idx,
        max_len,
        min_len,
        torch.tensor(never, device=device),
        torch.tensor(table, dtype=torch.long, device=device).view(batch_size, longest),
    )


def _check_special_tokens(vocab_size: int, pad_idx: int, bos_idx: int, eos_idx: int) -> None:
    for name, token in (("bos_idx", bos_idx), ("eos_idx", eos_idx)):
        if not 0 <= token < vocab_size:
            raise ValueError(f"{name}={token} is outside the target vocabulary 0..{vocab_size - 1}")
        if token == pad_idx:
            raise ValueError(
                f"{name}={token} is the model's padding (pad_idx={pad_idx}), which nothing attends to: "
                f"give it an id of its own"
            )


def _check_prefix(
    prefix: Sequence[Sequence[int]], batch_size: int, max_len: int, vocab_size: int, specials: set[int]
) -> None:
    if len(prefix) != batch_size:
        raise ValueError(f"prefix has {len(prefix)} rows for {batch_size} rows of src: give one per row, [] for none")
    for row, tokens in enumerate(prefix):
        if len(tokens) > max_len:
            raise ValueError(f"the prefix of row {row} has {len(tokens)} tokens: shorten it or raise max_len={max_len}")
        for token in tokens:
            if token in specials or not 0 <= token < vocab_size:
                raise ValueError(
                    f"the prefix of row {row} contains id {token}: a prefix is made of ids of 0..{vocab_size - 1} "
                    f"that are not padding, start or end token ({', '.join(map(str, sorted(specials)))})"
                )
