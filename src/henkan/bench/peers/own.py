"""henkan, set as ``henkan train`` and ``henkan predict`` set it: their process keeps freed memory, unlike a peer's."""

from collections.abc import Sequence

import torch
from torch import Tensor

from henkan.bench.peers import Decode, Train, Way
from henkan.bench.phases import Parts
from henkan.bench.shapes import BOS, EOS, OUTPUT_LENGTH, PAD, Shape, Work
from henkan.config import TrainingConfig
from henkan.data import Batch, EncodedPair
from henkan.decoding import BeamSearch, Greedy, generate
from henkan.nn import Transformer
from henkan.training import LabelSmoothingCrossEntropy, make_optimizer, train_step
from henkan.workflow.allocator import keep_freed_memory

PACKAGE = "henkan"


def make_model(shape: Shape, *, dropout: bool = True) -> Transformer:
    """A model of this shape with random weights."""
    sizes = (shape.d_model, shape.num_layers, shape.num_heads, shape.d_ff, shape.max_len)
    return Transformer(
        shape.vocab_size,
        shape.vocab_size,
        *sizes,
        shape.dropout if dropout else 0.0,
        pad_idx=PAD,
        tie_embeddings="all" if shape.tied else "none",
    )


def parts(shape: Shape, way: Way) -> Parts:
    """The training step, and what its phases are seen by."""
    keep_freed_memory()
    config = TrainingConfig()
    model = make_model(shape, dropout=way.dropout).train()
    optimizer = make_optimizer(model, config)
    for group in optimizer.param_groups:
        group["lr"] = 1e-4  # the schedule sets it otherwise
    criterion = LabelSmoothingCrossEntropy(config.label_smoothing)
    autocast = torch.bfloat16 if way.precision == "bfloat16" else None

    def step(work: Work) -> None:
        batch = Batch(work.src, torch.cat([work.tgt_in[:, :1], work.tgt_out], dim=1), PAD)
        train_step(model, [batch], optimizer, criterion, max_norm=config.max_norm, autocast=autocast)

    return Parts(step, _collate, model.decoder, optimizer)


def training(shape: Shape, way: Way) -> Train:
    """See ``Peer.training``."""
    return parts(shape, way).step


def decoding(shape: Shape, way: Way, beam: int) -> Decode:
    """See ``Peer.decoding``."""
    keep_freed_memory()
    model = make_model(shape).eval()
    strategy = BeamSearch(beam) if beam > 1 else Greedy()

    def decode(src: Tensor) -> list[tuple[int, ...]]:
        found = generate(
            model, src, bos_idx=BOS, eos_idx=EOS, max_len=OUTPUT_LENGTH, min_len=OUTPUT_LENGTH, strategy=strategy
        )
        return [best.tokens for best, *_ in found]

    return decode


def _collate(sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> Batch:
    return Batch.collate([EncodedPair([*src], [*tgt]) for src, tgt in zip(sources, targets, strict=True)], PAD)
