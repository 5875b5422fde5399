"""Greedy decoding with the cache, and two ways of running the whole prefix again at each step: the same tokens.

"model again" calls the model on source and prefix, as a loop written against ``Transformer.forward`` does; "decoder
again" keeps the memory and computes the logits of the last position alone, the best that can be done without a cache.

``d_model`` 256, 8 heads, 4 + 4 layers, vocabulary 8,000, random weights, 16 source tokens, exactly 32 output tokens.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from record import save
from torch import Tensor

from henkan import Transformer, generate

LENGTH, BOS, EOS = 32, 1, 2


def with_cache(model: Transformer, src: Tensor) -> Tensor:
    found = generate(model, src, bos_idx=BOS, eos_idx=EOS, max_len=LENGTH, min_len=LENGTH)
    return torch.tensor([best.tokens for best, *_ in found])


@torch.no_grad()
def model_again(model: Transformer, src: Tensor) -> Tensor:
    return extend(src, lambda tgt: model(src, tgt)[:, -1])


@torch.no_grad()
def decoder_again(model: Transformer, src: Tensor) -> Tensor:
    memory = model.encode(src)
    return extend(src, lambda tgt: model.output_projection(model.decode(tgt, memory)[:, -1]))


def extend(src: Tensor, next_logits: Callable[[Tensor], Tensor]) -> Tensor:
    tgt = torch.full((src.size(0), 1), BOS)
    for _ in range(LENGTH):
        logits = next_logits(tgt)
        logits[:, [0, BOS, EOS]] = -torch.inf
        tgt = torch.cat([tgt, logits.argmax(-1, keepdim=True)], dim=1)
    return tgt[:, 1:]


WAYS = {"cache": with_cache, "decoder again": decoder_again, "model again": model_again}


def measure(model: Transformer, rows: int, rounds: int) -> list[dict[str, object]]:
    src = torch.randint(4, 8000, (rows, 16), generator=torch.Generator().manual_seed(rows))
    expected = with_cache(model, src)
    assert all(torch.equal(decode(model, src), expected) for decode in WAYS.values()), "three ways, one answer"
    seconds: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, decode in WAYS.items():
            start = time.perf_counter()
            decode(model, src)
            seconds[name].append(time.perf_counter() - start)
    results: list[dict[str, object]] = []
    for name, values in seconds.items():
        ratios = [slow / fast for slow, fast in zip(values, seconds["cache"], strict=True)]
        speed = round(rows * LENGTH / statistics.median(values))
        ratio = round(statistics.median(ratios), 1)
        print(f"batch {rows:>3}  {name:14} {speed:>6} tokens/s  {ratio:>4} x the time  "
              f"[{min(ratios):.1f} .. {max(ratios):.1f}]")  # fmt: skip
        results.append(
            {"batch": rows, "way": name, "rounds": rounds, "tokens_per_second": speed, "time_ratio": ratio,
             "time_ratio_range": [round(min(ratios), 1), round(max(ratios), 1)]}
        )  # fmt: skip
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    torch.manual_seed(0)
    model = Transformer(8000, 8000, 256, 4, 8, 1024, 200).eval()
    save("decode_cache", [row for rows in (1, 32) for row in measure(model, rows, rounds)])


if __name__ == "__main__":
    main()
