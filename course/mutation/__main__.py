"""Print the mutation score: ``python -m course.mutation [ID ...] [--save]``."""

import argparse
import sys
from collections.abc import Sequence

import torch

from course.mutation.score import Score, score
from henkan.course.exercise import ORDER, load_exercise


def main(arguments: Sequence[str] | None = None) -> int:
    """Score the exercises; 0 if no mutant survives without an excuse."""
    parser = argparse.ArgumentParser(prog="python -m course.mutation", description=__doc__)
    parser.add_argument("exercises", nargs="*", metavar="ID", default=list(ORDER), help="[all]")
    parser.add_argument("--save", action="store_true", help="write the result to benchmarks/results/")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    scores = []
    for exercise_id in options.exercises:
        scores.append(score(load_exercise(exercise_id)))
        _say(scores[-1])
    killed, total = sum(one.killed for one in scores), sum(one.total for one in scores)
    sys.stdout.write(f"{killed}/{total} killed, {sum(len(one.equivalent) for one in scores)} equivalent\n")
    if options.save:
        _save(scores)
    return int(killed < total)


def _say(result: Score) -> None:
    excused = f"   ({len(result.equivalent)} equivalent)" if result.equivalent else ""
    sys.stdout.write(f"{result.exercise:<30} {result.killed:>3}/{result.total:<3}{excused}\n")
    for mutant in result.survivors:
        sys.stdout.write(f"    {mutant.where}  {mutant.name}\n")
    sys.stdout.flush()


def _save(scores: Sequence[Score]) -> None:
    from benchmarks.record import save

    save(
        "mutation",
        [
            {
                "exercise": one.exercise,
                "killed": one.killed,
                "total": one.total,
                "equivalent": list(one.equivalent),
                "survivors": [f"{mutant.where} {mutant.name}" for mutant in one.survivors],
            }
            for one in scores
        ],
        program="-m course.mutation",
    )


if __name__ == "__main__":
    sys.exit(main())
