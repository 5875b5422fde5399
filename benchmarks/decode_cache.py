"""Greedy decoding with the cache, and by running the whole prefix again at each step: the same tokens, the same model.

``d_model`` 256, 8 heads, 4 + 4 layers, vocabulary 8,000, random weights, 16 source tokens, exactly 32 output tokens.
"""

import argparse
import statistics
import time

import torch
from record import save
from torch import Tensor

from henkan import Transformer, generate

LENGTH, BOS, EOS = 32, 1, 2


def with_cache(model: Transformer, src: Tensor) -> Tensor:
    found = generate(model, src, bos_idx=BOS, eos_idx=EOS, max_len=LENGTH, min_len=LENGTH)
    return torch.tensor([best.tokens for best, *_ in found])


@torch.no_grad()
def without_cache(model: Transformer, src: Tensor) -> Tensor:
    memory = model.encode(src)
    tgt = torch.full((src.size(0), 1), BOS)
    for _ in range(LENGTH):
        logits = model.output_projection(model.decode(tgt, memory)[:, -1])
        logits[:, [0, BOS, EOS]] = -torch.inf
        tgt = torch.cat([tgt, logits.argmax(-1, keepdim=True)], dim=1)
    return tgt[:, 1:]


def measure(model: Transformer, rows: int, rounds: int) -> dict[str, object]:
    src = torch.randint(4, 8000, (rows, 16), generator=torch.Generator().manual_seed(rows))
    assert torch.equal(with_cache(model, src), without_cache(model, src)), "two ways, one answer"
    seconds: dict[str, list[float]] = {"cache": [], "prefix": []}
    for _ in range(rounds):
        for name, decode in (("cache", with_cache), ("prefix", without_cache)):
            start = time.perf_counter()
            decode(model, src)
            seconds[name].append(time.perf_counter() - start)
    ratios = [slow / fast for slow, fast in zip(seconds["prefix"], seconds["cache"], strict=True)]
    speeds = {name: round(rows * LENGTH / statistics.median(values)) for name, values in seconds.items()}
    print(f"batch {rows:>3}: {speeds['cache']:>6} tokens/s with the cache, {speeds['prefix']:>5} without, "
          f"{statistics.median(ratios):.1f} x  [{min(ratios):.1f} .. {max(ratios):.1f}]")  # fmt: skip
    return {
        "batch": rows,
        "length": LENGTH,
        "rounds": rounds,
        "tokens_per_second": speeds,
        "ratio": round(statistics.median(ratios), 1),
        "ratio_range": [round(min(ratios), 1), round(max(ratios), 1)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    torch.manual_seed(0)
    model = Transformer(8000, 8000, 256, 4, 8, 1024, 200).eval()
    save("decode_cache", [measure(model, rows, rounds) for rows in (1, 32)])


if __name__ == "__main__":
    main()
