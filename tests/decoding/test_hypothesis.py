"""What a hypothesis says of itself, and merging those that spell the same."""

from henkan.decoding import Hypothesis, merge_equal

PIECES = {3: "a", 4: "b", 5: "ab"}


def spell(tokens: list[int]) -> str:
    return "".join(PIECES[token] for token in tokens)


def test_a_sequence_is_cut_at_its_end_token():
    assert Hypothesis.cut([5, 6, 2, 7], 2, log_prob=-1.0, score=-0.5) == Hypothesis((5, 6), -1.0, -0.5, True)
    assert Hypothesis.cut([5, 6], 2, log_prob=-1.0, score=-0.5) == Hypothesis((5, 6), -1.0, -0.5, False)


def test_of_equal_texts_the_best_hypothesis_stays():
    whole, pieces, other = (
        Hypothesis((5,), -3.0, -2.0, True),
        Hypothesis((3, 4), -1.0, -1.0, True),
        Hypothesis((4,), -1.5, -1.5, False),
    )
    assert merge_equal([whole, other, pieces], spell) == [pieces, other]


def test_different_texts_are_only_sorted():
    hypotheses = [Hypothesis((3,), -2.0, -2.0, True), Hypothesis((4,), -1.0, -1.0, True)]
    assert merge_equal(hypotheses, spell) == hypotheses[::-1]
    assert merge_equal([], spell) == []
