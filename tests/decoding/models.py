"""Models to decode with: random ones, and ones whose every probability is known; and two slow ways to decode."""

import itertools
import math

import torch
from torch import Tensor

from henkan.decoding import Hypothesis
from henkan.nn import Transformer

PAD, BOS, EOS = 0, 1, 2
SRC_VOCAB = 9

# Ragged sources, one of them nothing but padding.
SRC = torch.tensor(
    [[3, 4, 5, 6, 7], [8, 3, 0, 0, 0], [5, 0, 0, 0, 0], [0, 0, 0, 0, 0], [4, 4, 4, 8, 0], [7, 6, 5, 0, 0]]
)


def random_model(seed: int = 0, *, vocab_size: int = 7, **options: object) -> Transformer:
    """Random in every parameter; its choices depend on the source, on the past and on the place."""
    torch.manual_seed(seed)
    sizes = {"d_model": 16, "num_layers": 1, "num_heads": 2, "d_ff": 16, "max_len": 24, "dropout": 0.0}
    model = Transformer(SRC_VOCAB, vocab_size, **{**sizes, **options})
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
        # Without this a random model repeats its first token for ever.
        model.output_projection.weight.normal_(std=0.5).sub_(3.0 * model.tgt_embedding.weight)
        model.output_projection.bias[EOS] += 0.7
    return model.eval()


LETTERS = "_^$abcdefgh"  # padding, start, end, and what texts are made of


def letter_model(table: dict[str, dict[str, float]]) -> Transformer:
    """A model whose next letter depends on the last one alone, with these probabilities: ``table[last][next]``.

    Without layers a Transformer is such a table. Its embeddings are one-hot, and its projection holds the logarithms.
    """
    size = len(LETTERS)
    model = Transformer(SRC_VOCAB, size, d_model=size, num_layers=0, num_heads=1, d_ff=1, dropout=0.0).eval()
    with torch.no_grad():
        model.positional_encoding.encoding.zero_()
        model.tgt_embedding.weight.copy_(torch.eye(size) / math.sqrt(size))
        model.output_projection.weight.fill_(-100.0)
        for last, row in table.items():
            assert math.isclose(sum(row.values()), 1.0), f"the row of {last} is no distribution"
            for following, probability in row.items():
                model.output_projection.weight[LETTERS.index(following), LETTERS.index(last)] = math.log(probability)
        model.output_projection.bias.zero_()
    return model


def spell(hypothesis: Hypothesis) -> str:
    """The text of a hypothesis of a ``letter_model``, with the end token if there is one."""
    return "".join(LETTERS[token] for token in hypothesis.tokens) + ("$" if hypothesis.ended else "")


def recomputed_log_probs(model: Transformer, src: Tensor, tokens: list[int]) -> Tensor:
    """The log-probabilities of the token after ``tokens``, without a cache: the model runs over all of them again."""
    with torch.no_grad():
        return model(src, torch.tensor([[BOS, *tokens]]))[0, -1].log_softmax(-1)


def greedy_by_hand(model: Transformer, src: Tensor, max_len: int, *, min_len: int = 0) -> tuple[list[int], float]:
    """Greedy decoding of one source without a cache: the tokens, end token included, and their log-probability."""
    tokens: list[int] = []
    total = 0.0
    while len(tokens) < max_len and tokens[-1:] != [EOS]:
        log_probs = recomputed_log_probs(model, src, tokens)
        allowed = log_probs.clone()
        allowed[[PAD, BOS]] = -math.inf
        if len(tokens) < min_len:
            allowed[EOS] = -math.inf
        tokens.append(int(allowed.argmax()))
        total += float(log_probs[tokens[-1]])
    return tokens, total


def every_hypothesis(model: Transformer, src: Tensor, max_len: int, alpha: float = 0.0) -> list[Hypothesis]:
    """All sequences that could be decoded for one source, best first: exhaustive search."""
    letters = [token for token in range(model.tgt_embedding.num_embeddings) if token not in (PAD, BOS, EOS)]
    found = []
    for length in range(max_len + 1):
        ended = length < max_len  # a full one has no room for an end token
        texts = list(itertools.product(letters, repeat=length))
        ids = torch.tensor([[BOS, *tokens, *([EOS] if ended else [])] for tokens in texts], dtype=torch.long)
        if not texts:
            continue
        with torch.no_grad():
            log_probs = model(src.expand(len(texts), -1), ids[:, :-1]).log_softmax(-1)
        penalty = ((5 + ids.size(1) - 1) / 6) ** alpha
        for tokens, log_prob in zip(texts, log_probs.gather(2, ids[:, 1:, None]).sum((1, 2)).tolist(), strict=True):
            found.append(Hypothesis(tokens, log_prob, log_prob / penalty, ended))
    return sorted(found, key=lambda hypothesis: hypothesis.score, reverse=True)


def assert_same(actual: list[Hypothesis], expected: list[Hypothesis]) -> None:
    """The same sequences in the same order, and the same numbers but for rounding."""
    assert [(h.tokens, h.ended) for h in actual] == [(h.tokens, h.ended) for h in expected]
    for name in ("log_prob", "score"):
        numbers = [torch.tensor([getattr(h, name) for h in hypotheses]) for hypotheses in (actual, expected)]
        torch.testing.assert_close(numbers[0], numbers[1], rtol=0.0, atol=1e-9)
