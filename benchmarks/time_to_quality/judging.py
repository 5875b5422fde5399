"""What all contestants have in common: how their weights are judged, and when they may stop."""

import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from time_to_quality.batches import padded
from time_to_quality.contest import Contest, Ids, Point, word_error_rate

DEV_ROWS = 250  # decoded at a time
LINE_SECONDS = 20.0  # between two lines of a training

Decode = Callable[[Tensor], Tensor]
"""Rows of output ids for rows of source ids."""


class Judge:
    """The points of a curve, made one by one; the stopwatch is the contestant's to pause."""

    def __init__(self, contest: Contest, model: nn.Module, decode: Decode) -> None:
        self.contest, self.model, self.decode = contest, model, decode
        self.points: list[Point] = []
        self.said = 0.0

    @property
    def due(self) -> float:
        """The seconds of training at which the next point is due."""
        return self.contest.seconds * (len(self.points) + 1) / self.contest.points

    @property
    def is_over(self) -> bool:
        """Whether the time is up, or the last target is reached."""
        rates = [point.word_error_rate for point in self.points]
        return len(rates) == self.contest.points or (bool(rates) and rates[-1] <= self.contest.stop_at)

    def judge(self, updates: int, seconds: float) -> None:
        """Decode the dev words with the weights of now, in eval mode."""
        was_training = self.model.training
        self.model.eval()
        begun = time.perf_counter()
        rate = word_error_rate(decode_dev(self.decode, self.contest), self.contest)
        point = Point(updates, seconds, rate, time.perf_counter() - begun)
        self.model.train(was_training)
        self.points.append(point)
        taken = f"judged in {point.evaluation_seconds:.1f} s"
        print(f"  {seconds:5.0f} s  update {updates:,}  word error rate {rate:6.1%}  ({taken})", flush=True)

    def say(self, updates: int, seconds: float, loss: float) -> None:
        """Print how far the training is, now and then."""
        if seconds >= self.said:
            print(f"  {seconds:5.0f} s  update {updates:,}  loss {loss:.3f}", flush=True)
            self.said += LINE_SECONDS


@torch.inference_mode()
def decode_dev(decode: Decode, contest: Contest) -> list[Ids]:
    """The output for every dev word, decoded in batches of like lengths."""
    order = sorted(range(len(contest.dev)), key=lambda place: len(contest.dev[place][0]))
    outputs: list[Ids] = [[] for _ in order]
    for start in range(0, len(order), DEV_ROWS):
        places = order[start : start + DEV_ROWS]
        rows: Sequence[Ids] = decode(padded([contest.dev[place][0] for place in places])).tolist()
        for place, row in zip(places, rows, strict=True):
            outputs[place] = up_to_end(row, contest)
    return outputs


def up_to_end(row: Ids, contest: Contest) -> Ids:
    """The symbols of an output, without what begins and ends it."""
    row = row[1:] if row[:1] == [contest.bos_idx] else row
    ends = [place for place, symbol in enumerate(row) if symbol in (contest.eos_idx, contest.pad_idx)]
    return row[: ends[0]] if ends else row
