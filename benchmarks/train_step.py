"""One training step of henkan and of ``torch.nn.Transformer``: forward, loss, backward, Adam; the same sizes and data.

Both apply dropout 0.1 where their code applies it. A round runs every variant on the same batches; the speed of a
variant is divided by that of ``torch.nn.Transformer`` in float32 in the same round.
"""

import argparse
import statistics
import time
from dataclasses import dataclass

import torch
from record import save
from torch import Tensor, nn

from henkan import LabelSmoothingCrossEntropy, Transformer
from henkan.data import Batch
from henkan.nn import PositionalEncoding
from henkan.training import train_step


@dataclass(frozen=True)
class Shape:
    """The sizes of a model and of its batches (rows, source length, target length)."""

    d_model: int
    num_heads: int
    num_layers: int
    d_ff: int
    vocab_size: int
    batches: tuple[tuple[int, int, int], ...]


SHAPES = {
    "addition": Shape(128, 4, 3, 512, 14, ((64, 5, 4),) * 4),
    "small": Shape(256, 8, 4, 1024, 8000, ((204, 14, 10), (146, 16, 14), (113, 20, 18), (78, 31, 25))),
}


class TorchTransformer(nn.Module):
    """``torch.nn.Transformer`` with what it lacks: embeddings, positions, output projection."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.src_embedding = nn.Embedding(shape.vocab_size, shape.d_model, padding_idx=0)
        self.tgt_embedding = nn.Embedding(shape.vocab_size, shape.d_model, padding_idx=0)
        self.positions = PositionalEncoding(shape.d_model, 200, 0.1)
        self.transformer = nn.Transformer(
            shape.d_model, shape.num_heads, shape.num_layers, shape.num_layers, shape.d_ff, 0.1, batch_first=True
        )
        self.projection = nn.Linear(shape.d_model, shape.vocab_size)
        self.scale = shape.d_model**0.5

    def forward(self, src: Tensor, tgt: Tensor) -> Tensor:
        hidden = self.transformer(
            self.positions(self.src_embedding(src) * self.scale),
            self.positions(self.tgt_embedding(tgt) * self.scale),
            tgt_mask=nn.Transformer.generate_square_subsequent_mask(tgt.size(1), dtype=torch.bool),
            src_key_padding_mask=src == 0,
            tgt_key_padding_mask=tgt == 0,
            memory_key_padding_mask=src == 0,
            tgt_is_causal=True,
        )
        return self.projection(hidden)


class Variant:
    """A model that can be trained for one step."""

    def __init__(self, shape: Shape, engine: str, autocast: torch.dtype | None) -> None:
        torch.manual_seed(0)
        sizes = (shape.vocab_size, shape.vocab_size, shape.d_model, shape.num_layers, shape.num_heads, shape.d_ff, 200)
        self.model = Transformer(*sizes) if engine == "henkan" else TorchTransformer(shape)
        self.model.train()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-4, betas=(0.9, 0.98), eps=1e-9, fused=True)
        self.criterion = LabelSmoothingCrossEntropy(0.1) if engine == "henkan" else _torch_criterion()
        self.autocast = autocast

    def tokens_per_second(self, batches: list[Batch]) -> float:
        start = time.perf_counter()
        for batch in batches:
            train_step(self.model, [batch], self.optimizer, self.criterion, autocast=self.autocast)
        return sum(batch.num_target_tokens for batch in batches) / (time.perf_counter() - start)


def _torch_criterion() -> nn.Module:
    return nn.CrossEntropyLoss(ignore_index=0, label_smoothing=0.1)


def make_batches(shape: Shape) -> list[Batch]:
    """Random ids; about a fifth of the source and a fiftieth of the target is padding, as in sorted real data."""
    generator = torch.Generator().manual_seed(0)
    batches = []
    for rows, src_length, tgt_length in shape.batches:
        src = torch.randint(1, shape.vocab_size, (rows, src_length), generator=generator)
        tgt = torch.randint(1, shape.vocab_size, (rows, tgt_length + 1), generator=generator)
        if src_length > 8:
            lengths = torch.randint(src_length * 5 // 9, src_length + 1, (rows, 1), generator=generator)
            src = src.masked_fill(torch.arange(src_length) >= lengths, 0)
            tgt[: rows // 4, -1] = 0
        batches.append(Batch(src, tgt))
    return batches


def measure(name: str, rounds: int) -> list[dict[str, object]]:
    shape = SHAPES[name]
    batches = make_batches(shape)
    half = torch.bfloat16
    variants = {
        ("torch.nn.Transformer", "float32"): Variant(shape, "torch", None),
        ("henkan", "float32"): Variant(shape, "henkan", None),
        ("torch.nn.Transformer", "bfloat16"): Variant(shape, "torch", half),
        ("henkan", "bfloat16"): Variant(shape, "henkan", half),
    }
    speeds: dict[tuple[str, str], list[float]] = {key: [] for key in variants}
    for round_number in range(rounds + 1):
        for key, variant in variants.items():
            speed = variant.tokens_per_second(batches)
            if round_number > 0:  # the first round warms up
                speeds[key].append(speed)
    base = speeds["torch.nn.Transformer", "float32"]
    rows: list[dict[str, object]] = []
    for (engine, precision), values in speeds.items():
        ratios = [speed / reference for speed, reference in zip(values, base, strict=True)]
        rows.append(
            {
                "shape": name,
                "engine": engine,
                "precision": precision,
                "rounds": rounds,
                "tokens_per_second": round(statistics.median(values)),
                "ratio": round(statistics.median(ratios), 2),
                "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
            }
        )
        print(f"{name:10} {engine:22} {precision:9} {rows[-1]['tokens_per_second']:>7} target tokens/s  "
              f"{rows[-1]['ratio']:.2f} x  [{min(ratios):.2f} .. {max(ratios):.2f}]")  # fmt: skip
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    save("train_step", [row for name in SHAPES for row in measure(name, rounds)])


if __name__ == "__main__":
    main()
