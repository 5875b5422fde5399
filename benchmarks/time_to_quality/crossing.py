"""When a curve reaches a target, and how many times as long others take."""

from collections.abc import Sequence

from time_to_quality.contest import Curve, Point
from time_to_quality.contestant import kind_of


def seconds_to(points: Sequence[Point], target: float) -> float | None:
    """The seconds of training until the word error rate first is ``target`` or less; ``None`` if it never is.

    Between two points, and between the beginning, where every word is wrong, and the first, the line is straight.
    """
    before, rate_before = 0.0, 1.0
    for point in points:
        if point.word_error_rate <= target:
            if rate_before <= target:
                return before
            share = (rate_before - target) / (rate_before - point.word_error_rate)
            return before + share * (point.seconds - before)
        before, rate_before = point.seconds, point.word_error_rate
    return None


def seconds_with_judging(points: Sequence[Point], target: float) -> float | None:
    """The same with all evaluations up to the one that found the target reached."""
    seconds = seconds_to(points, target)
    if seconds is None:
        return None
    until = next(place for place, point in enumerate(points) if point.word_error_rate <= target)
    return seconds + sum(point.evaluation_seconds for point in points[: until + 1])


def lead(curves: Sequence[Curve], target: float) -> tuple[float, bool] | None:
    """How many times as long as henkan the fastest other contestant takes; ``None`` if henkan does not get there.

    Of several henkans the fastest counts, too. The second value says whether the lead was measured: if no other got
    there, it is only the least it can be.
    """
    own = [curve for curve in curves if kind_of(curve.contestant) == "henkan"]
    others = [curve for curve in curves if curve not in own]
    reached = _times(own, target)
    if not reached or not others:
        return None
    if found := _times(others, target):
        return min(found) / min(reached), True
    return min(curve.points[-1].seconds for curve in others) / min(reached), False


def _times(curves: Sequence[Curve], target: float) -> list[float]:
    return [seconds for curve in curves if (seconds := seconds_to(curve.points, target)) is not None]
