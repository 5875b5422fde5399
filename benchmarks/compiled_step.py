"""What a compiled decoding step would bring: the same greedy steps, compiled by ``torch.compile``, beside henkan's own.

A compiled step wants shapes that never change, so this one has room for all 32 tokens from the start and looks only as
far as it has come by a mask; ``sums`` writes the products of one row as (W * x).sum(-1), which torch's compiler joins
into one loop. Each way runs in a process of its own, in turn; how long compiling took stands in the result, and
how many rows have the tokens of henkan's engine.
"""

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from record import save

Decode = Callable[[], Any]
WAYS = ("henkan", "static", "compiled", "compiled, sums")


def static_steps(name: str, rows: int, *, compiled: bool, sums: bool) -> Decode:
    """Greedy decoding by a step of static shapes."""
    import torch
    import torch.nn.functional as F

    from henkan.bench.peers.own import make_model
    from henkan.bench.shapes import BOS, EOS, OUTPUT_LENGTH, PAD, SHAPES
    from henkan.decoding.fast_step import FastSteps

    torch.manual_seed(0)
    shape = SHAPES[name]  # type: ignore[index]
    model = make_model(shape).eval()
    steps, src = FastSteps(model), shape.sources(rows)
    encoding, places = model.positional_encoding.encoding, torch.arange(OUTPUT_LENGTH)
    never = torch.zeros(shape.vocab_size).index_fill_(0, torch.tensor([PAD, BOS, EOS]), -torch.inf)

    def product(x: torch.Tensor, part: Any) -> torch.Tensor:
        weight, bias = part.weight, part.bias
        if sums:
            out = (weight * x.unsqueeze(1)).sum(-1)
            return out if bias is None else out + bias
        return F.linear(x, weight, bias)

    def mix(q: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, hidden: Any = None) -> torch.Tensor:
        if sums:
            scores = (q.unsqueeze(-1) * keys).sum(2)
            weights = (scores if hidden is None else scores + hidden).softmax(-1)
            return (weights.unsqueeze(-1) * values).sum(2).flatten(1)
        scores = q.unsqueeze(2) @ keys
        return ((scores if hidden is None else scores + hidden).softmax(-1) @ values).flatten(1)

    def step(token: torch.Tensor, at: torch.Tensor, past: Any, memory: Any) -> torch.Tensor:
        x = F.embedding(token, model.tgt_embedding.weight) * model.tgt_embedding.scale + encoding[at]
        hidden = torch.where(places <= at, 0.0, -torch.inf)
        for number, layer in enumerate(steps.layers):
            back, across, forward = layer.residuals
            split = (rows, -1, layer.num_heads, shape.d_model // layer.num_heads)
            q, key, value = product(x, layer.look_back).view(split).unbind(1)
            past.keys[number].index_copy_(3, at, key.unsqueeze(-1))
            past.values[number].index_copy_(2, at, value.unsqueeze(2))
            mixed = mix(q, past.keys[number], past.values[number], hidden)
            x = back.norm(x + product(mixed, layer.look_back_out))
            q = product(x, layer.look_across).view(split).squeeze(1)
            mixed = mix(q, memory.keys[number], memory.values[number])
            x = across.norm(x + product(mixed, layer.look_across_out))
            x = forward.norm(x + product(product(x, layer.expand).relu(), layer.contract))
        return (product(x, steps.project) + never).argmax(-1)

    run = torch.compile(step, dynamic=False, fullgraph=True) if compiled else step

    @torch.no_grad()
    def decode() -> list[list[int]]:
        cache = steps.start_cache(src, (src != PAD)[:, None, None])
        past = cache.memory.empty(room=OUTPUT_LENGTH)
        past.keys.zero_()
        past.values.zero_()
        token, found = torch.full((rows,), BOS), []
        for at in range(OUTPUT_LENGTH):
            token = run(token, torch.tensor([at]), past, cache.memory)
            found.append(token)
        return torch.stack(found, dim=1).tolist()

    return decode


def own_steps(name: str, rows: int) -> Decode:
    """Greedy decoding as henkan has it."""
    import torch

    from henkan.bench.peers import Way
    from henkan.bench.peers.own import decoding
    from henkan.bench.shapes import SHAPES

    torch.manual_seed(0)
    shape = SHAPES[name]  # type: ignore[index]
    decode = decoding(shape, Way(), 1)
    return lambda: [list(row) for row in decode(shape.sources(rows))]


def work(way: str, name: str, rows: int, pipe: Connection) -> None:
    """Say how long the first decoding took and what it found; then decode whenever the pipe asks."""
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # a daemon has no children
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = tempfile.mkdtemp()  # nothing that was compiled before
    compiled, sums = way.startswith("compiled"), way.endswith("sums")
    decode = own_steps(name, rows) if way == "henkan" else static_steps(name, rows, compiled=compiled, sums=sums)
    begun = time.perf_counter()
    tokens = decode()
    pipe.send((time.perf_counter() - begun, tokens))
    while pipe.recv():
        begun = time.perf_counter()
        for _ in range(4):
            decode()
        pipe.send((time.perf_counter() - begun) / 4)


def measure(name: str, rows: int, rounds: int) -> list[dict[str, Any]]:
    """A line for each way."""
    spawn = multiprocessing.get_context("spawn")
    pipes, first = {}, {}
    for way in WAYS:
        pipes[way], theirs = spawn.Pipe()
        spawn.Process(target=work, args=(way, name, rows, theirs), daemon=True).start()
        theirs.close()  # so that a process that dies ends the run
        first[way] = pipes[way].recv()
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, pipe in pipes.items():
            pipe.send(True)
            seconds[way].append(pipe.recv())
    for pipe in pipes.values():
        pipe.send(False)
    return [_line(name, rows, way, seconds, first) for way in WAYS]


def _line(name: str, rows: int, way: str, seconds: dict[str, list[float]], first: dict[str, Any]) -> dict[str, Any]:
    own_tokens, tokens = first["henkan"][1], first[way][1]
    alike = sum(a == b for a, b in zip(own_tokens, tokens, strict=True))
    ratios = [own / theirs for own, theirs in zip(seconds["henkan"], seconds[way], strict=True)]
    speed = rows * len(tokens[0]) / statistics.median(seconds[way])
    low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
    print(f"{name:6} {rows:3} rows  {way:16} {speed:7.0f} tokens/s  {middle:.2f} x  [{low:.2f} .. {high:.2f}]"
          f"  first {first[way][0]:5.1f} s  {alike} of {rows} rows alike", flush=True)  # fmt: skip
    return {
        "shape": name,
        "rows": rows,
        "way": way,
        "rounds": len(ratios),
        "tokens_per_second": round(speed),
        "ratio": round(middle, 3),
        "ratio_range": [round(low, 3), round(high, 3)],
        "first_seconds": round(first[way][0], 1),
        "rows_alike": alike,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    save("compiled_step", [line for rows in (1, 32) for line in measure("small", rows, rounds)])


if __name__ == "__main__":
    main()
