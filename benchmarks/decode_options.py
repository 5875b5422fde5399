"""What each part of the fast decoding path pays: greedy and beam 4 with all of it, and with one part at a time undone.

The shapes are those of ``henkan bench``, with random weights, 16 source tokens and exactly 32 output tokens. In
"lengths" rows end, each with probability 0.08 at every step, and leave the batch. Every way must find the same tokens.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from unittest.mock import patch

import torch
import torch.nn.functional as F
from record import save
from torch import Tensor

from henkan import Transformer
from henkan.bench.shapes import BOS, EOS, OUTPUT_LENGTH, SHAPES, ShapeName
from henkan.decoding import BeamSearch, Greedy, Hypothesis, Strategy, generate
from henkan.decoding.fast_cache import FastCache
from henkan.decoding.rules import Rules

Way = Callable[[], AbstractContextManager[object]]


def masked_copy(rules: Rules, log_probs: Tensor, rows: Tensor, length: int) -> Tensor:
    """Rules as they were: a mask over the vocabulary, applied to a copy."""
    never = torch.zeros(log_probs.size(1), dtype=torch.bool)
    never[rules.never] = True
    allowed = log_probs.masked_fill(never, -torch.inf)
    if length < rules.min_len:
        allowed[:, rules.eos_idx] = -torch.inf
    return allowed


def fused(q: Tensor, keys: Tensor, values: Tensor, hidden: Tensor | None) -> Tensor:
    """Attention by torch's fused kernel; the queries are scaled already."""
    mixed = F.scaled_dot_product_attention(q.unsqueeze(2), keys.transpose(2, 3), values, attn_mask=hidden, scale=1.0)
    return mixed.reshape(len(q), -1)


def into_fresh(cache: FastCache, rows: Tensor) -> FastCache:
    return replace(cache, past=cache.past.select(rows))


@contextmanager
def readable() -> Iterator[None]:
    """All of it undone but the rules: the model's own ``decode_step``, with concatenated caches."""
    with patch("henkan.decoding.state.steps_of", lambda model, _: model):
        yield


FORCED: dict[str, Way] = {
    "all": nullcontext,
    "readable steps": readable,
    "output matrix as it is stored": lambda: patch("henkan.decoding.product.LARGE", 1 << 62),
    "output matrix never turned": lambda: patch("henkan.decoding.product.STEPS_BEFORE_TURNING", 1 << 62),
    "output matrix turned at once": lambda: patch("henkan.decoding.product.STEPS_BEFORE_TURNING", 0),
    "fused attention": lambda: patch("henkan.decoding.fast_step.mix", fused),
    "rules on a copy": lambda: patch("henkan.decoding.rules.Rules.forbid", masked_copy),
    "beams into fresh memory": lambda: patch("henkan.decoding.fast_cache.FastCache.reorder", into_fresh),
}
ENDING: dict[str, Way] = {
    "all": nullcontext,
    "readable steps": readable,
    "fast steps however many rows": lambda: patch("henkan.decoding.steps.MANY_ROWS", 1 << 62),
}


def build(name: ShapeName) -> Transformer:
    shape = SHAPES[name]
    torch.manual_seed(0)
    model = Transformer(
        shape.vocab_size, shape.vocab_size, shape.d_model, shape.num_layers, shape.num_heads, shape.d_ff,
        shape.max_len, tie_embeddings="all" if shape.tied else "none",
    )  # fmt: skip
    return model.eval()


def measure(
    label: str, ways: dict[str, Way], decode: Callable[[], list[list[Hypothesis]]], rounds: int
) -> list[dict[str, object]]:
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    expected = [[h.tokens for h in found] for found in decode()]
    for _ in range(rounds):
        for name, way in ways.items():
            with way():
                start = time.perf_counter()
                found = decode()
                seconds[name].append(time.perf_counter() - start)
            assert [[h.tokens for h in each] for each in found] == expected, f"{name} finds other tokens"
    num_tokens = sum(len(tokens) for found in expected for tokens in found)
    results: list[dict[str, object]] = []
    for name, values in seconds.items():
        ratios = [one / all_of_it for one, all_of_it in zip(values, seconds["all"], strict=True)]
        speed = round(num_tokens / statistics.median(values))
        low, middle, high = (round(f(ratios), 2) for f in (min, statistics.median, max))
        print(f"{label:22} {name:30} {speed:>6} tokens/s  {middle:.2f} x the time of all  [{low:.2f} .. {high:.2f}]")
        results.append({"work": label, "way": name, "rounds": rounds, "tokens_per_second": speed,
                        "time_ratio": middle, "time_ratio_range": [low, high]})  # fmt: skip
    return results


def forced(name: ShapeName, rows: int, strategy: Strategy, rounds: int) -> list[dict[str, object]]:
    model, src = build(name), SHAPES[name].sources(rows)
    ways = {way: how for way, how in FORCED.items() if strategy != Greedy() or "beams" not in way}

    def decode() -> list[list[Hypothesis]]:
        return generate(
            model, src, bos_idx=BOS, eos_idx=EOS, max_len=OUTPUT_LENGTH, min_len=OUTPUT_LENGTH, strategy=strategy
        )

    return measure(f"{name} {type(strategy).__name__} {rows}", ways, decode, rounds)


def ending(name: ShapeName, rows: int, rounds: int) -> list[dict[str, object]]:
    """Rows that end by chance, as a random model's do not."""
    model, src = build(name), SHAPES[name].sources(rows)
    ends = torch.rand(rows, OUTPUT_LENGTH, generator=torch.Generator().manual_seed(0)) < 0.08
    forbid = Rules.forbid

    def until_it_ends(rules: Rules, log_probs: Tensor, of: Tensor, length: int) -> Tensor:
        allowed = forbid(rules, log_probs, of, length)
        allowed[:, EOS] = torch.where(ends[of, length], 0.0, -torch.inf)
        return allowed

    def decode() -> list[list[Hypothesis]]:
        with patch("henkan.decoding.rules.Rules.forbid", until_it_ends):
            return generate(model, src, bos_idx=BOS, eos_idx=EOS, max_len=OUTPUT_LENGTH)

    return measure(f"{name} lengths {rows}", ENDING, decode, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="the work whose name contains this")
    arguments = parser.parse_args()
    rounds = arguments.rounds
    works: dict[str, Callable[[], list[dict[str, object]]]] = {
        "small greedy 1": lambda: forced("small", 1, Greedy(), rounds),
        "small greedy 32": lambda: forced("small", 32, Greedy(), rounds),
        "small beam 1": lambda: forced("small", 1, BeamSearch(4), rounds),
        "small beam 32": lambda: forced("small", 32, BeamSearch(4), rounds),
        "tiny greedy 1": lambda: forced("tiny", 1, Greedy(), rounds),
        "tiny greedy 32": lambda: forced("tiny", 32, Greedy(), rounds),
        "small lengths 32": lambda: ending("small", 32, rounds),
        "small lengths 256": lambda: ending("small", 256, rounds),
        "tiny lengths 512": lambda: ending("tiny", 512, rounds),
    }
    results = [row for name, work in works.items() if arguments.only in name for row in work()]
    save("decode_options", results)


if __name__ == "__main__":
    main()
