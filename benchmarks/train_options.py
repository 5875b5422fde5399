"""What each choice in a training step pays: a step as henkan makes it, and with one choice after the other undone.

Every variant runs in a process of its own, so that each can have its own allocator; they take turns, one round after
the other. The figure of a variant is its seconds divided by those of henkan's own step in the same round: above 1 where
henkan's choice is the faster. Page faults are per step, memory is the most that the process had.
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from record import save


@dataclass
class Variant:
    """What is undone: settings of the environment, what is replaced before the model is made, arguments of Adam."""

    environment: dict[str, str] = field(default_factory=dict)
    replace: Callable[[], None] = lambda: None
    adam: dict[str, bool] = field(default_factory=dict)
    smoothing_by_formula: bool = False
    max_norm: float = 0.0


def dropout_of_torch() -> None:
    import torch.nn.functional as F

    from henkan.nn import Dropout

    Dropout.forward = lambda self, x: F.dropout(x, self.p, self.training)


def dropout_that_compares_bytes() -> None:
    from henkan.nn import Dropout
    from henkan.nn.dropout import random_bytes

    def forward(self: Dropout, x: Any) -> Any:
        dropped = round(256 * self.p)
        return x * (random_bytes(x.shape) >= dropped).to(x.dtype).mul_(256 / (256 - dropped))

    Dropout.forward = forward


def no_dropout() -> None:
    from henkan.nn import Dropout

    Dropout.forward = lambda self, x: x


def zero_written_into_logits() -> None:
    import torch.nn.functional as F

    from henkan.nn.embedding import TiedProjection

    def forward(self: TiedProjection, x: Any) -> Any:
        logits = F.linear(x, self.weight)
        logits[..., self.pad_idx] = 0.0
        return logits

    TiedProjection.forward = forward


def attention_by_products() -> None:
    from henkan.nn import attention

    attention.fused_attention = lambda q, k, v, mask=None, *, dropout=0.0: attention.scaled_dot_product_attention(
        q, k, v, mask, dropout=dropout
    )[0]


def projections_in_one_product() -> None:
    """Queries, keys and values of self-attention by one product, keys and values of cross-attention by another."""
    import torch
    import torch.nn.functional as F

    from henkan.nn import attention, decoder, encoder

    def project(module: Any, x: Any, linears: list[Any]) -> Any:
        joined = F.linear(x, torch.cat([a.weight for a in linears]), torch.cat([a.bias for a in linears]))
        return [attention.split_heads(part, module.num_heads) for part in joined.chunk(len(linears), dim=-1)]

    def attend(module: Any, query: Any, memory: Any, mask: Any = None) -> Any:
        linears = [module.query_projection, module.key_projection, module.value_projection]
        if query is memory:
            q, k, v = project(module, query, linears)
        else:
            (q,), (k, v) = project(module, query, linears[:1]), project(module, memory, linears[1:])
        return module.output_projection(attention.merge_heads(attention.fused_attention(q, k, v, mask)))

    encoder.attend = decoder.attend = attend


VARIANTS = {
    "henkan": Variant(),
    "memory given back (glibc's defaults)": Variant({"HENKAN_ALLOCATOR": "system"}),
    "memory kept, no huge pages": Variant({"THP_MEM_ALLOC_ENABLE": "0"}),
    "loss by the formula": Variant(smoothing_by_formula=True),
    "zero written into the logits": Variant(replace=zero_written_into_logits),
    "dropout that compares bytes": Variant(replace=dropout_that_compares_bytes),
    "torch's dropout": Variant(replace=dropout_of_torch),
    "no dropout": Variant(replace=no_dropout),
    "Adam, foreach": Variant(adam={"fused": False, "foreach": True}),
    "gradients clipped": Variant(max_norm=1.0),
    "attention by products": Variant(replace=attention_by_products),
    "projections in one product": Variant(replace=projections_in_one_product),
    "all undone": Variant(
        {"HENKAN_ALLOCATOR": "system"},
        lambda: (dropout_of_torch(), zero_written_into_logits()),
        {"fused": False},
        smoothing_by_formula=True,
    ),
}

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


def work(variant_name: str, shape_name: Any, most_batches: int, clock_name: str, pipe: Connection) -> None:
    """Train one variant whenever the pipe asks; answer with seconds and page faults of a round, and peak memory."""
    variant, clock = VARIANTS[variant_name], CLOCKS[clock_name]
    os.environ.update(variant.environment)
    from henkan.workflow.allocator import keep_freed_memory

    keep_freed_memory()
    import torch

    from henkan.bench.shapes import SHAPES
    from henkan.bench.worker import peak_bytes
    from henkan.data import Batch
    from henkan.nn import Transformer
    from henkan.training import LabelSmoothingCrossEntropy, train_step

    variant.replace()
    shape = SHAPES[shape_name]
    torch.manual_seed(0)
    sizes = (shape.d_model, shape.num_layers, shape.num_heads, shape.d_ff, shape.max_len, shape.dropout)
    tying: Any = "all" if shape.tied else "none"
    model = Transformer(shape.vocab_size, shape.vocab_size, *sizes, tie_embeddings=tying).train()
    adam = variant.adam or {"fused": True}
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, betas=(0.9, 0.98), eps=1e-9, **adam)
    criterion = formula_loss() if variant.smoothing_by_formula else LabelSmoothingCrossEntropy(0.1)
    drawn = shape.training_batches()
    step = max(1, len(drawn) // most_batches) if shape.target_tokens else 1  # batches of equal rows are small
    batches = [Batch(each.src, torch.cat([each.tgt_in[:, :1], each.tgt_out], dim=1)) for each in drawn[::step]]
    while pipe.recv():
        faults, start = _faults(), clock()
        for batch in batches:
            train_step(model, [batch], optimizer, criterion, max_norm=variant.max_norm)
        seconds = (clock() - start) / len(batches)
        peak = peak_bytes() // 2**20
        pipe.send((seconds, (_faults() - faults) / len(batches), peak, sum(b.num_target_tokens for b in batches)))


def formula_loss() -> Any:
    """The loss as autograd takes it apart: the gradient of each part is laid out over the vocabulary."""
    from torch import Tensor, nn

    class FormulaLoss(nn.Module):
        def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
            real = labels != 0
            log_probs = logits.log_softmax(dim=-1)
            own = log_probs.gather(1, labels.unsqueeze(1)).squeeze(1)
            losses = -(0.9 * own + 0.1 * log_probs.mean(dim=-1))
            return losses.where(real, 0.0).sum() / real.sum().clamp(min=1)

    return FormulaLoss()


def _faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def measure(shape_name: str, names: list[str], rounds: int, most_batches: int, clock: str) -> list[dict[str, Any]]:
    """One line per variant; the first two rounds warm up."""
    spawn = multiprocessing.get_context("spawn")
    pipes, processes = {}, []
    for name in names:
        pipes[name], theirs = spawn.Pipe()
        processes.append(spawn.Process(target=work, args=(name, shape_name, most_batches, clock, theirs), daemon=True))
        processes[-1].start()
    answers: dict[str, list[tuple[float, float, int, int]]] = {name: [] for name in names}
    for _ in range(rounds + 2):
        for name, pipe in pipes.items():
            pipe.send(True)
            answers[name].append(pipe.recv())
    for pipe, process in zip(pipes.values(), processes, strict=True):
        pipe.send(False)
        process.join()
    own = [seconds for seconds, *_ in answers["henkan"][2:]]
    return [_line(shape_name, name, answers[name][2:], own) for name in names]


def _line(shape_name: str, name: str, answers: list[tuple[float, float, int, int]], own: list[float]) -> dict[str, Any]:
    seconds = [answer[0] for answer in answers]
    ratios = [theirs / ours for theirs, ours in zip(seconds, own, strict=True)]
    faults, peak = statistics.median(answer[1] for answer in answers), answers[-1][2]
    low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
    print(f"{shape_name:6} {name:38} {1000 * statistics.median(seconds):8.1f} ms a step  {middle:.2f} x the time"
          f"  [{low:.2f} .. {high:.2f}]  {faults:8.0f} page faults  {peak:5} MiB", flush=True)  # fmt: skip
    return {
        "shape": shape_name,
        "variant": name,
        "rounds": len(answers),
        "milliseconds": round(1000 * statistics.median(seconds), 1),
        "time_ratio": round(middle, 3),
        "time_ratio_range": [round(low, 3), round(high, 3)],
        "page_faults": round(faults),
        "peak_mib": peak,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--shapes", nargs="+", default=["tiny", "small"])
    parser.add_argument("--batches", type=int, default=2, help="batches of small and base in a round, at most [2]")
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="cpu: for one thread on a busy machine [wall]")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    options = parser.parse_args()
    names = ["henkan", *(name for name in options.variants if name != "henkan")]
    lines = [measure(shape, names, options.rounds, options.batches, options.clock) for shape in options.shapes]
    save("train_options", [line for of_shape in lines for line in of_shape])


if __name__ == "__main__":
    main()
