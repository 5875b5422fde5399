"""The baselines that the recipes are compared with: what they learn, by hand."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

FOLDER = Path(__file__).parent.parent / "benchmarks"
sys.path.insert(0, str(FOLDER))  # its programs import each other so
from alignment import MAX_PART, align  # noqa: E402
from baselines import BASELINES, OF_TASKS, Endings, Lookup, Nearest, Neighbours  # noqa: E402

from henkan.tasks import TASKS  # noqa: E402

READINGS = [
    ("火山", tuple("カザン")),
    ("火", tuple("カ")),
    ("山", tuple("ザン")),
    ("火力", tuple("カリョク")),
    ("力", tuple("リョク")),
]
PLURALS = [("cat\tN;PL", "cats"), ("city\tN;PL", "cities"), ("day\tN;PL", "days"), ("cry\tV;PRS", "cries")]
pairs_of_texts = st.lists(
    st.tuples(st.text("abc", min_size=1, max_size=4), st.text("xyz", max_size=30).map(tuple)), max_size=6
)


@given(pairs_of_texts)
def test_a_cut_has_a_part_for_each_character_and_loses_nothing(pairs: list[tuple[str, tuple[str, ...]]]) -> None:
    for (source, target), parts in zip(pairs, align(pairs), strict=True):
        assert len(parts) == len(source)
        assert sum(parts, ()) == target
        assert len(target) > MAX_PART * len(source) or all(len(part) <= MAX_PART for part in parts)


def test_cuts_go_where_the_other_pairs_put_them() -> None:
    # In proportion, カリョク would be cut into カリ and ョク, and カザン into カザ and ン.
    cuts = dict(zip([source for source, _ in READINGS], align(READINGS), strict=True))
    assert cuts["火力"] == [("カ",), tuple("リョク")]
    assert cuts["火山"] == [("カ",), tuple("ザン")]


def test_lookup_writes_the_longest_known_pieces_and_leaves_out_the_unknown() -> None:
    lookup = Lookup(READINGS)
    assert lookup.predict("火山力") == tuple("カザンリョク")
    assert lookup.predict("力?火") == tuple("リョクカ")
    assert lookup.predict("") == ()


def test_neighbours_decide_between_two_ways_to_write_a_letter() -> None:
    pairs = [("ca", ("k", "a")), ("ce", ("s", "e")), ("co", ("k", "o")), ("ci", ("s", "i"))] * 2
    neighbours = Neighbours(pairs)
    assert neighbours.predict("ce") == ("s", "e")
    assert neighbours.predict("aco") == ("a", "k", "o")
    assert neighbours.predict("?a") == ("a",)


def test_nearest_answers_as_the_closest_source_was_answered_first() -> None:
    nearest = Nearest([("limonene", ("リ",)), ("limonene", ("レ",)), ("strike", ("ス",))])
    assert nearest.predict("limonen") == ("リ",)
    assert nearest.predict("spike") == ("ス",)


def test_endings_inflect_as_the_longest_common_ending_was_inflected() -> None:
    endings = Endings([(source, tuple(form)) for source, form in PLURALS])
    assert "".join(endings.predict("baby\tN;PL")) == "babies"  # one y to ies and one with s: the first seen wins
    assert "".join(endings.predict("bay\tN;PL")) == "bays"
    assert "".join(endings.predict("pity\tN;PL")) == "pities"
    assert "".join(endings.predict("pray\tV;PRS")) == "praies"
    assert "".join(endings.predict("be\tV;PST")) == "be"


@pytest.mark.parametrize("name", OF_TASKS)
def test_baselines_are_those_of_tasks_that_exist(name: str) -> None:
    assert name in TASKS
    assert set(OF_TASKS[name]) <= set(BASELINES)
