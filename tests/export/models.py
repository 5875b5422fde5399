"""Small models, random or briefly trained, in both engines."""

import itertools
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from henkan.bundle import TorchEngine
from henkan.bundle.engine import Engine
from henkan.data import BOS_IDX, EOS_IDX, NUM_SPECIALS, pad_rows
from henkan.decoding import Hypothesis, Strategy
from henkan.export import CTranslate2Engine, Translator
from henkan.export.specification import write_model
from henkan.nn import Transformer

VOCAB, POSITIONS, MAX_LEN = 14, 24, 10
OPTIONS = [
    {"norm_first": norm_first, "tie_embeddings": tying, "activation": activation, **depth}
    for norm_first, tying, (activation, depth) in itertools.product(
        (False, True),
        ("none", "target", "all"),
        (
            ("relu", {"num_encoder_layers": 1, "num_decoder_layers": 1}),
            ("gelu", {"num_encoder_layers": 2, "num_decoder_layers": 1}),
            ("silu", {"num_encoder_layers": 1, "num_decoder_layers": 3}),
        ),
    )
]


def sources(count: int = 24, seed: int = 0) -> list[list[int]]:
    """Rows of 1 to 8 symbols and the end token."""
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, 9, (count,), generator=generator).tolist()
    return [
        [*torch.randint(NUM_SPECIALS, VOCAB, (length,), generator=generator).tolist(), EOS_IDX] for length in lengths
    ]


def random_model(seed: int = 0, **options: Any) -> Transformer:
    """One whose biases and norms are not what they begin as, so that a wrong place for one of them shows."""
    torch.manual_seed(seed)
    sizes = {"d_model": 16, "num_layers": 1, "num_heads": 2, "d_ff": 32, "max_len": POSITIONS, **options}
    model = Transformer(sizes.pop("vocab", VOCAB), options.get("vocab", VOCAB), **sizes).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.add_(0.3 * torch.randn_like(parameter))
            if "cross_attention" in name:
                parameter.mul_(3.0)
    return model


def trained_model(steps: int = 80, **options: Any) -> Transformer:
    """One that has begun to learn to reverse its source."""
    model = random_model(**options)
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(steps):
        rows = sources(32, seed=100 + step)
        src = pad_rows(rows, 0)
        tgt = pad_rows([[BOS_IDX, *row[-2::-1], EOS_IDX] for row in rows], 0)
        logits = model(src, tgt[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), tgt[:, 1:].flatten(), ignore_index=0, label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


def both(model: Transformer, folder: Path, quantization: str = "float32", threads: int = 1) -> tuple[Engine, Engine]:
    """henkan's engine for a model, and CTranslate2's."""
    folder.mkdir(exist_ok=True)
    write_model(model, folder, quantization)
    return TorchEngine((model,)), CTranslate2Engine(Translator.load(folder, threads), model.max_len)


def decode(
    engine: Engine,
    rows: list[list[int]],
    strategy: Strategy,
    *,
    max_len: int = MAX_LEN,
    prefix: list[list[int]] | None = None,
) -> list[list[Hypothesis]]:
    """What an engine answers."""
    prefix = [[] for _ in rows] if prefix is None else prefix
    return engine.decode(rows, strategy, max_len=max_len, prefix=prefix, seeds=[0] * len(rows))


def assert_same(ours: list[list[Hypothesis]], theirs: list[list[Hypothesis]], tolerance: float = 1e-3) -> None:
    """The same sequences, with nearly the same scores."""
    for mine, other in zip(ours, theirs, strict=True):
        assert [(h.tokens, h.ended) for h in mine] == [(h.tokens, h.ended) for h in other]
        for a, b in zip(mine, other, strict=True):
            assert abs(a.log_prob - b.log_prob) < tolerance
            assert abs(a.score - b.score) < tolerance
