"""Formulas on a terminal: what LaTeX says, in characters that everyone can read."""

import pytest

from henkan.course.ledger import equation, labels
from henkan.course.plain_formula import plain_formula


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"\frac{QK^\top}{\sqrt{d_k}}", "QKᵀ / √dₖ"),
        (r"\frac{1}{1 + \exp(-z)}", "1 / (1 + exp(−z))"),
        (r"\frac{a + b}{c}\, x", "(a + b) / c x"),
        (r"\sqrt{a + b}", "√(a + b)"),
        (r"-1 \times (-0.5) - 2", "−1 × (−0.5) − 2"),
        (r"x^2 + x_{ij} + W_i^Q", "x² + xᵢⱼ + Wᵢ^Q"),
        (r"10000^{2i/d_{\mathrm{model}}}", "10000^(2i/d_model)"),
        (r"\theta - \eta \frac{\partial L}{\partial \theta}", "θ − η ∂L/∂θ"),
        (r"\begin{cases} s & (m = 1) \\ -\infty & (m = 0) \end{cases}", "{ s  (m = 1); −∞  (m = 0) }"),
        (r"-t \ln y - (1 - t) \ln (1 - y)", "−t ln y − (1 − t) ln(1 − y)"),
        (r"a = 1, \quad b = 66{,}048", "a = 1,   b = 66,048"),
        (r"\mathrm{softmax}\!\left(\frac{a}{b}\right)\, V", "softmax(a / b) V"),
    ],
)
def test_a_formula_reads_as_it_is_meant(latex: str, plain: str) -> None:
    assert plain_formula(latex) == plain


@pytest.mark.parametrize("latex", [r"\unknown", r"\begin{aligned} a \end{aligned}", "{a", "a}"])
def test_what_cannot_be_shown_is_refused(latex: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be shown|brace"):
        plain_formula(latex)


@pytest.mark.parametrize("label", labels())
def test_no_mark_of_latex_reaches_a_terminal(label: str) -> None:
    found = equation(label)
    for latex in (found.latex, found.given, *found.worked, *(symbol.latex for symbol in found.symbols)):
        plain = plain_formula(latex)
        assert plain
        assert not set(plain) & set("\\$&"), plain
        assert "\n" not in plain
