"""Which tokens may come next."""

import pytest
import torch

from henkan.decoding.rules import make_rules

from .models import BOS, EOS, PAD

V = 6
ORDINARY = {3, 4, 5}


def allowed_tokens(length: int, *, row: int = 0, batch_size: int = 1, **options: object) -> set[int]:
    """The ids that may follow ``length`` others."""
    options = {"max_len": 9, "bos_idx": BOS, "eos_idx": EOS, **options}
    rules = make_rules(V, batch_size, pad_idx=PAD, **options)
    log_probs = torch.arange(-float(V), 0.0)[None]
    result = rules.forbid(log_probs, torch.tensor([row]), length)
    kept = result > -torch.inf
    assert torch.equal(result[kept], log_probs[kept]), "what is allowed must keep its log-probability"
    return set(kept[0].nonzero().flatten().tolist())


def test_padding_and_start_never_come():
    assert allowed_tokens(0) == {EOS, *ORDINARY}


def test_the_end_comes_after_min_len_tokens_at_the_earliest():
    assert allowed_tokens(1, min_len=2) == ORDINARY
    assert allowed_tokens(2, min_len=2) == {EOS, *ORDINARY}


def test_inside_its_prefix_a_row_has_no_choice():
    prefix = [[5, 3], [], [4]]
    choices = [[allowed_tokens(n, row=row, batch_size=3, prefix=prefix) for n in range(3)] for row in range(3)]
    free = {EOS, *ORDINARY}
    assert choices == [[{5}, {3}, free], [free, free, free], [{4}, free, free]]


def test_a_model_that_starts_with_its_end_token_can_end():
    assert allowed_tokens(0, bos_idx=EOS) == {BOS, EOS, *ORDINARY}  # id 1 is then an ordinary token


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_len": 0}, "max_len=0"),
        ({"max_len": 3, "min_len": 4}, "min_len=4.*max_len=3"),
        ({"min_len": -1}, "min_len=-1"),
        ({"bos_idx": 6}, r"bos_idx=6.*0\.\.5"),
        ({"eos_idx": -1}, "eos_idx=-1"),
        ({"bos_idx": PAD}, "bos_idx=0.*pad_idx=0"),
        ({"eos_idx": PAD}, "eos_idx=0.*pad_idx=0"),
        ({"prefix": [[3], [4]]}, "2 rows for 1 row"),
        ({"prefix": [[3, 3, 3]], "max_len": 2}, "3 tokens.*max_len=2"),
        ({"prefix": [[3, EOS]]}, "contains id 2"),
        ({"prefix": [[PAD]]}, "contains id 0"),
        ({"prefix": [[BOS]]}, "contains id 1"),
        ({"prefix": [[6]]}, "contains id 6"),
        ({"prefix": [[-1]]}, "contains id -1"),
    ],
)
def test_rules_that_cannot_be_kept_are_refused(options: dict[str, object], words: str):
    with pytest.raises(ValueError, match=words):
        allowed_tokens(0, **options)


def test_a_length_that_no_token_can_fill_is_refused():
    with pytest.raises(ValueError, match="min_len=1"):
        make_rules(3, 1, pad_idx=PAD, bos_idx=BOS, eos_idx=EOS, max_len=2, min_len=1)
