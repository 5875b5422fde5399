"""The axes of `growth.py`: what is run at each point of each, and how much work that is. One size grows at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from data_scale import write_pairs
from growth_law import Sizes, decoding_flops, training_flops
from torch import Tensor

from henkan import LabelSmoothingCrossEntropy, Transformer, generate
from henkan.config import DataConfig
from henkan.data import Batch
from henkan.training import train_step
from henkan.workflow.prepare import prepare
from henkan.workflow.target import load_target
from henkan.workflow.wishes import Wishes

BOS, EOS, FIRST = 1, 2, 4
BASE = Sizes()
TOY = Sizes(d_model=16, num_heads=2, d_ff=32, num_layers=1, vocab_size=50, rows=4, src_length=6, tgt_length=6)


@dataclass(frozen=True)
class Point:
    """One measurement: ``work`` in so many ``calls``, ``outputs`` of which come out (steps, tokens, pairs)."""

    x: int
    work: float
    run: Callable[[], None]
    calls: int = 1
    outputs: int = 1
    curve: str = ""


@dataclass(frozen=True)
class Axis:
    """What grows, and how its panel is to be read; ``points`` makes the models anew."""

    name: str
    x_label: str
    y_label: str
    expected: str
    points: Callable[[Path], list[Point]]
    work: str = "FLOP"


def axes(quick: bool) -> dict[str, Axis]:
    """All axes by name; ``quick`` is a try with toy sizes."""
    base = TOY if quick else BASE
    short = replace(base, rows=4)
    lengths = (8, 16, 32) if quick else (8, 16, 32, 64, 128, 256, 512, 1024)

    def training(name: str, label: str, expected: str, sizes: Callable[[], Iterator[tuple[int, Sizes]]]) -> Axis:
        return Axis(name, label, "a step", expected, lambda _: [_step(x, each) for x, each in sizes()])

    def of_d_model() -> Iterator[tuple[int, Sizes]]:
        for d in (16, 32) if quick else (64, 128, 192, 256, 384, 512):
            yield d, replace(base, d_model=d, d_ff=4 * d)

    def one(field: str, values: tuple[int, ...]) -> Callable[[], Iterator[tuple[int, Sizes]]]:
        return lambda: ((value, replace(base, **{field: value})) for value in values)

    def of_length() -> Iterator[tuple[int, Sizes]]:
        return ((n, replace(short, src_length=n, tgt_length=n)) for n in lengths)

    powers = (1, 2, 4) if quick else (1, 2, 4, 8, 16, 32, 64, 128, 256)
    outputs = (4, 8) if quick else (8, 16, 32, 64, 128, 256)
    pairs = (100, 200) if quick else (1_000, 3_000, 10_000, 30_000, 100_000)
    found = (
        training("training: batch", "rows of the batch", "offset + linear", one("rows", powers)),
        training("training: length", f"source and target tokens of a row, {short.rows} rows",
                 "offset + linear + quadratic", of_length),
        training("training: vocabulary", "vocabulary", "offset + linear",
                 one("vocab_size", (50, 100) if quick else (1_000, 2_000, 4_000, 8_000, 16_000, 32_000))),
        training("training: layers", "layers of the encoder, and as many of the decoder", "offset + linear",
                 one("num_layers", (1, 2) if quick else (1, 2, 3, 4, 6, 8))),
        training("training: width", "d_model, and d_ff four times as wide", "linear to quadratic", of_d_model),
        Axis("decoding: batch", "rows of the batch", "an output token", "offset shared by the rows",
             lambda _: _decode_batches(base, powers)),
        Axis("decoding: length", "output tokens, one row", "the whole output", "linear; without a cache quadratic",
             lambda _: _decode_lengths(replace(base, rows=1), outputs)),
        Axis("data: pairs", "pairs of a file", "reading and encoding", "offset + linear",
             lambda folder: [_data(count, folder) for count in pairs], work="pair"),
    )  # fmt: skip
    return {axis.name: axis for axis in found}


def make_model(sizes: Sizes) -> Transformer:
    """A model of these sizes, always the same."""
    torch.manual_seed(0)
    vocab, tying = sizes.vocab_size, "all" if sizes.tied else "none"
    longest = max(sizes.src_length, sizes.tgt_length, 16)
    shape = (sizes.d_model, sizes.num_layers, sizes.num_heads, sizes.d_ff, longest)
    return Transformer(vocab, vocab, *shape, 0.1, tie_embeddings=tying)


def random_ids(sizes: Sizes, length: int) -> Tensor:
    """Tokens without padding or end, (rows, length)."""
    generator = torch.Generator().manual_seed(length)
    return torch.randint(FIRST, sizes.vocab_size, (sizes.rows, length), generator=generator)


def make_step(sizes: Sizes) -> Callable[[], None]:
    """What trains for one step: henkan's, in float32, with label smoothing and fused Adam."""
    model = make_model(sizes).train()
    batch = Batch(random_ids(sizes, sizes.src_length), random_ids(sizes, sizes.tgt_length + 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, betas=(0.9, 0.98), eps=1e-9, fused=True)
    criterion = LabelSmoothingCrossEntropy(0.1)
    return lambda: void(train_step(model, [batch], optimizer, criterion))


def make_greedy(sizes: Sizes, model: Transformer | None = None) -> Callable[[], None]:
    """What decodes exactly ``tgt_length`` tokens a row, greedily, with the cache."""
    model = (model or make_model(sizes)).eval()
    src, length = random_ids(sizes, sizes.src_length), sizes.tgt_length
    return lambda: void(generate(model, src, bos_idx=BOS, eos_idx=EOS, max_len=length, min_len=length))


def void(_: object) -> None:
    """Nothing: what was computed is not looked at."""


def _step(x: int, sizes: Sizes) -> Point:
    return Point(x, training_flops(sizes), make_step(sizes))


def _decode_batches(base: Sizes, batches: tuple[int, ...]) -> list[Point]:
    points = []
    model = make_model(replace(base, tgt_length=32))
    for rows in batches:
        sizes = replace(base, rows=rows, tgt_length=32)
        work, outputs = decoding_flops(sizes, cached=True), rows * sizes.tgt_length
        points.append(Point(rows, work, make_greedy(sizes, model), calls=sizes.tgt_length, outputs=outputs))
    return points


def _decode_lengths(base: Sizes, lengths: tuple[int, ...]) -> list[Point]:
    points = []
    model = make_model(replace(base, tgt_length=max(lengths)))
    for cached, curve in ((True, "with cache"), (False, "without cache")):
        for length in lengths:
            sizes = replace(base, tgt_length=length)
            run = make_greedy(sizes, model) if cached else _make_uncached(sizes, model)
            points.append(Point(length, decoding_flops(sizes, cached=cached), run, calls=length, curve=curve))
    return points


def _make_uncached(sizes: Sizes, model: Transformer) -> Callable[[], None]:
    """The same without a cache: the decoder runs over the whole prefix for each token, the encoder once."""
    src = random_ids(sizes, sizes.src_length)

    @torch.no_grad()
    def run() -> None:
        memory, tgt = model.encode(src), torch.full((sizes.rows, 1), BOS)
        for _ in range(sizes.tgt_length):
            logits = model.output_projection(model.decode(tgt, memory)[:, -1])
            logits[:, [0, BOS, EOS]] = -torch.inf
            tgt = torch.cat([tgt, logits.argmax(-1, keepdim=True)], dim=1)

    return run


def _data(count: int, folder: Path) -> Point:
    """Reading, splitting, counting and encoding a file of random words and themselves reversed."""
    path = folder / f"{count}.tsv"
    if not path.exists():
        write_pairs(path, count)

    def run() -> None:
        prepare(load_target(str(path), DataConfig(), {}), Wishes({}), lambda _: None)

    return Point(count, count, run)
