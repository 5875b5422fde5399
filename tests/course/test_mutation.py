"""The checks notice small changes to the parts, and the tool that counts them counts right."""

import ast
import sys

import pytest
from syllabus import ROOT, WRITTEN

from henkan.course.exercise import ORDER, load_exercise

sys.path.append(str(ROOT))  # the tool stands beside the lessons, not in the package
from course.mutation.changes import changes_of
from course.mutation.mutants import mutants
from course.mutation.score import excused, is_killed, score

pytestmark = pytest.mark.usefixtures("unchecked_shapes")


def changes(code: str) -> list[str]:
    """What could stand in the place of the expression or statement ``code``."""
    statement = ast.parse(code).body[0]
    node = statement.value if isinstance(statement, ast.Expr) else statement
    return [ast.unparse(ast.fix_missing_locations(change)) for change in changes_of(node)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("a + b", ["a - b", "a", "b"]),
        ("a / b", ["a * b", "b / a", "a", "b"]),
        ("-a", ["a"]),
        ("a < b", ["a <= b", "a > b"]),
        ("3", ["4", "2"]),
        ("True", ["False"]),
        ("f(a, b, c=1)", ["f(a, b)", "f(b, a, c=1)", "a"]),
        ("x.sum(dim=-1)", ["x.sum()", "x"]),
        ("math.sin", ["math.cos"]),
        ("x.transpose(1, 2)", ["x"]),
        ("a if b else c", ["a", "c"]),
        ("x += y", ["pass", "x -= y"]),
        ("x[0] = y", ["pass"]),
        ("x = y", []),
        ("raise ValueError(x)", ["pass"]),
    ],
)
def test_a_node_is_changed_into_each_of_its_neighbours(code: str, expected: list[str]) -> None:
    assert changes(code) == expected


def test_a_mutant_has_one_change_and_the_library_stays_as_it_is() -> None:
    exercise = load_exercise("phase2/split_merge_heads")
    original = ast.dump(next(mutants(exercise)).source.node)
    trees = [ast.dump(mutant.tree) for mutant in mutants(exercise)]
    assert original not in trees
    assert len(set(trees)) == len(trees)
    assert ast.dump(next(mutants(exercise)).source.node) == original


def test_what_a_later_exercise_asks_for_is_not_changed_in_this_one() -> None:
    names = [mutant.name for mutant in mutants(load_exercise("phase2/sdpa"))]
    assert not [name for name in names if "mask" in name or "F.dropout(weights, dropout) ->" in name]
    assert [name for name in names if "softmax" in name]


def test_a_mutant_that_runs_for_ever_is_killed_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def forever(*parts: object) -> None:
        while True:
            pass

    monkeypatch.setattr("course.mutation.score.SECONDS", 0.2)
    monkeypatch.setattr("course.mutation.score.climb", lambda exercise, parts: forever())
    exercise = load_exercise("phase2/sdpa")
    assert is_killed(exercise, next(mutants(exercise)))


@pytest.mark.parametrize("exercise_id", ["phase2/sdpa", "phase2/masked_sdpa", "phase1/positional_encoding"])
def test_every_mutant_is_killed_but_those_that_are_right(exercise_id: str) -> None:
    result = score(load_exercise(exercise_id))
    assert result.total > 25
    assert [mutant.name for mutant in result.survivors] == []


@pytest.mark.parametrize("exercise_id", [name for name in ORDER if name in WRITTEN and name in excused()])
def test_every_mutant_that_is_excused_exists(exercise_id: str) -> None:
    names = {mutant.name for mutant in mutants(load_exercise(exercise_id))}
    assert set(excused()[exercise_id]) <= names
    assert all(excused()[exercise_id].values())
