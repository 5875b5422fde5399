"""The guards of the two languages: each is silent on a good lesson and names what is wrong with a bad one."""

from pathlib import Path

import pytest
from lesson_source import SOURCE, lesson, line_of, stamped

from course.builder.guards.pairs import different_twins, missing_twins, stale_twins
from course.builder.lesson import parse
from course.builder.prose import in_words, read_prose

ENGLISH_CARD = SOURCE[SOURCE.index('# %% [markdown] lang="en" id="t-card"') : SOURCE.index('# %% id="t-exercise"')]


def test_there_is_nothing_to_mend_in_the_good_lesson() -> None:
    for guard in (missing_twins, stale_twins, different_twins):
        assert list(guard(lesson())) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (ENGLISH_CARD, "", "t-card: must be followed by its twin"),
        ('lang="en" id="t-card"', 'lang="en" id="t-other"', "t-other: has no Japanese twin"),
        (
            '# %% id="t-exercise"',
            '# %% [markdown] lang="ja" id="t-last"\n# 終わり\n\n# %% id="t-exercise"',
            "t-last: must",
        ),
    ],
)
def test_a_cell_without_its_twin_is_found(old: str, new: str, message: str) -> None:
    found = [str(problem) for problem in missing_twins(stamped(old, new))]
    assert any(message in problem for problem in found), found


def test_a_twin_that_is_not_next_to_its_original_is_found() -> None:
    between = f'# %% id="t-between"\n1 + 1\n\n{ENGLISH_CARD}'
    [problem] = missing_twins(stamped(ENGLISH_CARD, between))
    assert "t-card: must be followed" in str(problem)


def test_a_changed_japanese_cell_makes_its_twin_stale() -> None:
    [problem] = stale_twins(lesson("二つ要ります", "二つは要ります"))
    assert "t-card: the Japanese text has changed" in str(problem)
    assert "python -m course.builder stamp course/small.py" in str(problem)
    assert list(stale_twins(lesson("It takes two", "Two are needed"))) == []


def test_a_twin_that_was_never_stamped_is_stale() -> None:
    never = parse(SOURCE, Path("small.py"))
    lines = {name: line_of(f'lang="en" id="{name}"') for name in ("t-title", "t-card")}
    assert [problem.where for problem in stale_twins(never)] == [f"small.py:{at} {name}" for name, at in lines.items()]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# # Two tokens", "# ## Two tokens", "levels of headings differ: 1 in Japanese, 2 in English"),
        ("$$\\text{weight} = 2a_1$$", "$$\\text{weight} = 2a_2$$", "formulas differ"),
        ("its $d_k$", "its $d_v$", "formulas differ: d_k in Japanese, d_v in English"),
        ("equation [eq-sdpa]", "equation [eq-mask]", "labels differ: eq-sdpa in Japanese, eq-mask in English"),
        ("## M2-1: ", "## M2-2: ", "labels differ: M2-1 in Japanese, M2-2 in English"),
        ("the `softmax`", "the softmax", "code differ: softmax in Japanese, nothing in English"),
        ("[the paper](https://arxiv.org/abs/1706.03762)", "[the paper](https://arxiv.org)", "links differ"),
        ("of width 512", "of width 64", "numbers differ: 512 in Japanese, 64 in English"),
        ("of width 512", "of some width", "numbers differ: 512 in Japanese, nothing in English"),
        ("The weight is {{eq-sdpa.alpha1:.3f}}", "The weight is {{eq-sdpa.alpha2:.3f}}", "placeholders differ"),
        ("It takes two.", "It takes 3.", "numbers differ: nothing in Japanese, 3 in English"),
        ("# It takes two.", "# It takes two.\n#\n# ```\n# pip list\n# ```", "blocks of code differ"),
    ],
)
def test_what_only_one_language_says_is_found(old: str, new: str, message: str) -> None:
    found = [str(problem) for problem in different_twins(stamped(old, new))]
    assert any(message in problem for problem in found), found


@pytest.mark.parametrize(
    ("japanese", "english"),
    [
        ("2 個のトークン", "two tokens"),
        ("二つのトークン", "2 tokens"),
        ("3 番目の行", "the third row"),
        ("3 番目の行", "the 3rd row"),
        ("一つ目は 1,000 回、二つ目は 10 回です。", "The first takes 1,000 rounds, the second 10."),
        ("$x$ と $y$ を足す", "add $y$ and $x$"),
        ("$$a = b$$。", "$$ a\n = b. $$"),
        ("$\\text{重み} = 1$", "$\\text{weight} = 1$"),
        ("１２個", "12 of them"),
        ("M2-1 を見てください", "see M2-1"),
    ],
)
def test_each_language_may_say_the_same_in_its_own_way(japanese: str, english: str) -> None:
    source = SOURCE.replace("二つ要ります。", japanese).replace("It takes two.", english.replace("\n", "\n# "))
    assert list(different_twins(parse(source, Path("small.py")))) == []


def test_numbers_are_read_as_a_reader_reads_them() -> None:
    prose = read_prose("60,611.48 は 62,831.85 より小さい。1, 2, 3 と .5 と −0.25。d2l や 3D や `x[4]` や $7$ は別。")
    assert prose.numbers == {"60611.48", "62831.85", "1", "2", "3", ".5", "0.25"}


def test_a_number_in_words_is_found_only_where_it_is() -> None:
    assert in_words("2", "both rows", "en")
    assert not in_words("2", "all rows", "en")
    assert in_words("2", "二つ", "ja")
    assert not in_words("512", "五百十二", "ja")
