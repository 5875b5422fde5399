"""A small lesson in which there is nothing to mend, and what becomes of it when a part is exchanged."""

from pathlib import Path

from course.builder.lesson import Lesson, parse
from course.builder.stamp import stamp

SOURCE = """\
# ---
# jupyter:
#   henkan:
#     seconds: 30
# ---

# %% [markdown] lang="ja" id="t-title"
# # 二つのトークン
#
# 重みは {{eq-sdpa.alpha1:.3f}} です。幅 512 の $d_k$ を使う式 [eq-sdpa] と `softmax` を、
# [論文](https://arxiv.org/abs/1706.03762) で読みます。
#
# $$ \\text{重み} = 2 a_1. $$

# %% [markdown] lang="en" id="t-title"
# # Two tokens
#
# The weight is {{eq-sdpa.alpha1:.3f}}. See the equation [eq-sdpa], its $d_k$ of width 512 and the `softmax`
# in [the paper](https://arxiv.org/abs/1706.03762).
#
# $$\\text{weight} = 2a_1$$

# %% id="t-figure"
import torch

from henkan.course.notebook import L, equation_card, exercise_card, quiz, show
from henkan.plotting import attention_map

equation_card("eq-sdpa")
show(
    attention_map(torch.tensor([[0.25, 0.75]]), ["a", "b"], [L("問い", "query")]),
    ja="二つの重みの図",
    en="A map of two weights",
)

# %% [markdown] lang="ja" id="t-card"
# ## M2-1　「重みは一つでよい」
#
# 二つ要ります。

# %% [markdown] lang="en" id="t-card"
# ## M2-1: "One weight is enough"
#
# It takes two.

# %% id="t-exercise"
exercise_card("phase2/sdpa")
quiz("eq-sdpa")

# %% id="t-assert"
total = 0.25 + 0.75
assert total == 1
"""


def line_of(cell: str) -> int:
    """The line on which a cell begins, by a part of its header."""
    [line] = [place for place, line in enumerate(SOURCE.splitlines(), 1) if line.startswith("# %%") and cell in line]
    return line


def number(label: str, name: str) -> float:
    """A ledger of one number."""
    return {("eq-sdpa", "alpha1"): 0.6377671}[label, name]


def lesson(old: str = "", new: str = "") -> Lesson:
    """The lesson with a part exchanged after it was stamped."""
    assert old in SOURCE, "this test exchanges nothing"
    source, _ = stamp(SOURCE, parse(SOURCE, Path("small.py")))
    return parse(source.replace(old, new, 1) if old else source, Path("small.py"))


def stamped(old: str, new: str) -> Lesson:
    """The lesson with a part exchanged before it was stamped, as its author would have it."""
    assert old in SOURCE, "this test exchanges nothing"
    source = SOURCE.replace(old, new, 1)
    return parse(stamp(source, parse(source, Path("small.py")))[0], Path("small.py"))
