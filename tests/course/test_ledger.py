"""The examples of the ledger: by hand, by the library, by torch and in print, one answer."""

import itertools
import re

import pytest
import torch
from ledger_library import LIBRARY
from ledger_torch import TORCH

from henkan.course.examples import EXAMPLES
from henkan.course.ledger import UnknownNameError, anchor, equation, labels, number, numbers
from henkan.course.plain_formula import plain_formula
from henkan.course.toml import read_toml

pytestmark = pytest.mark.usefixtures("float64")
every_equation = pytest.mark.parametrize("label", labels())
TOLERANCE = 1e-6

# The tables of the syllabus, sections 2 to 4, rounded as they are printed there.
PRINTED = {
    "eq-scores": {"s11": 0.565685, "s12": 0.0, "unscaled1": 0.689974, "unscaled2": 0.310026},
    "eq-sdpa": {"alpha1": 0.637767, "alpha2": 0.362233, "beta1": 0.429757, "beta2": 0.570243}
    | {"z1": 0.517340, "z2": 0.642146},
    "eq-sigmoid": {"z": 0.517340, "y": 0.626526},
    "eq-bce": {"loss": 0.467566},
    "eq-sgd": {"dz": -0.373474, "dv1": -0.238190, "dv2": -0.135285, "db": -0.373474}
    | {"v1": 0.323819, "v2": 0.913528, "b": 0.037347, "z": 0.574779, "y": 0.639865, "loss": 0.446498},
    "num-through-softmax": {"ds1": 0.051768, "ds2": -0.051768, "dq1": 0.029284, "dq2": -0.014642}
    | {"dk11": 0.036606, "dk12": 0.0},
    "eq-l2": {"v1": 0.323219, "v2": 0.911728, "b": 0.037347, "squares": 0.939393, "reported": 0.455892},
    "num-minibatch": {"y1": 0.475298, "y2": 0.536165, "y3": 0.501337, "loss": 0.734172}
    | {"g1": -0.187287, "g2": 0.121077, "g3": -0.204951, "loss_after": 0.725051},
    "num-culprit": {"ratio": 0.233991, "before": 0.626526, "both": 0.652666}
    | {"update_alone": 0.629665, "extra_alone": 0.649613},
    "eq-pe": {"sin_fast": 0.841471, "cos_fast": 0.540302, "sin_slow": 0.010000, "cos_slow": 0.999950}
    | {"squared_length": 256.0, "dot3": 0.009557537, "rms": 0.707107},
    "eq-emb": {"std": 0.044194},
    "eq-mask": {"alpha1": 0.268941, "alpha2": 0.731059},
    "eq-mha": {"parameters": 66_048},
}
COARSE = {  # and what it prints with fewer decimals
    ("num-culprit", "share"): ("88.0", ".1f"),
    ("num-conflict", "best_rate"): ("2.66", ".2f"),
    ("num-conflict", "limit_rate"): ("5.32", ".2f"),
    ("eq-pe", "longest"): ("60,611.48", ",.2f"),
    ("eq-pe", "limit"): ("62,831.85", ",.2f"),
}

# What the library does not compute by itself: a spread, a constant, and exponentials before its shift.
NOT_IN_THE_LIBRARY = {"eq-emb.std", "eq-pe.limit", "eq-softmax.exp1", "eq-softmax.exp2", "eq-softmax.sum"}


def test_every_equation_has_an_example() -> None:
    assert set(labels()) <= set(EXAMPLES)
    assert {label for label in EXAMPLES if label.startswith("eq-")} == set(labels())


@pytest.mark.parametrize("label", EXAMPLES)
def test_by_hand_and_by_torch_are_one_answer(label: str) -> None:
    assert TORCH[label]() == pytest.approx(dict(numbers(label)), abs=TOLERANCE)


@pytest.mark.parametrize("label", LIBRARY)
def test_by_hand_and_by_the_library_are_one_answer(label: str) -> None:
    found = LIBRARY[label]()
    assert found
    assert found == pytest.approx({name: number(label, name) for name in found}, abs=TOLERANCE)


def test_the_library_computes_every_number_of_phases_1_and_2() -> None:
    wrong = {
        f"{label}.{entry['number']}"
        for label in labels()
        for entry in read_toml("equations.toml")[label]["question"]["wrong"]
    }
    wrong |= {"eq-mha.nothing", "eq-mha.blended"}  # those of the example it builds on
    everything = {f"{label}.{name}" for label in LIBRARY for name in numbers(label)}
    assert (
        everything - {f"{label}.{name}" for label in LIBRARY for name in LIBRARY[label]()} - wrong <= NOT_IN_THE_LIBRARY
    )


def test_lesson_0_is_its_own_library_and_phases_1_and_2_are_compared_with_henkan() -> None:
    assert {label for label in labels() if anchor(label).path != "henkan/course/by_hand.py"} == set(LIBRARY)


@pytest.mark.parametrize("label", PRINTED)
def test_the_numbers_that_the_syllabus_prints(label: str) -> None:
    found = {name: number(label, name) for name in PRINTED[label]}
    assert found == pytest.approx(PRINTED[label], abs=1e-6)


@pytest.mark.parametrize(("label", "name"), COARSE)
def test_the_numbers_that_the_syllabus_prints_with_fewer_decimals(label: str, name: str) -> None:
    printed, form = COARSE[label, name]
    assert format(number(label, name), form) == printed


FUNCTIONS = {"exp": lambda x: torch.tensor(x).exp(), "sqrt": lambda x: torch.tensor(x).sqrt()}
FUNCTIONS |= {"log": lambda x: torch.tensor(x).log(), "sin": lambda x: torch.tensor(x).sin()}
FUNCTIONS |= {"cos": lambda x: torch.tensor(x).cos(), "vector": torch.tensor}


def evaluated(side: str) -> torch.Tensor | None:
    """What one side of a printed equation amounts to; None if there is a variable in it."""
    side = side.replace("×", "*").replace("−", "-").replace("²", "**2").replace("^", "**")
    side = re.sub(r"(?<=\d),(?=\d{3})", "", side)
    side = re.sub(r"ln (\d[\d.]*)", r"log(\1)", side.replace("ln(", "log("))
    side = re.sub(r"√(\d+)", r"sqrt(\1.0)", side)
    side = re.sub(r"(?<![a-z])\(([^()]*,[^()]*)\)", r"vector([\1])", side)
    side = re.sub(r"(exp|sin|cos)\((-?\d+)\)", r"\1(\2.0)", side)
    if set(re.findall(r"[^\W\d_]+", side)) - set(FUNCTIONS):
        return None
    return torch.as_tensor(eval(side, {}, FUNCTIONS), dtype=torch.float64)


@every_equation
def test_with_numbers_put_in_both_sides_are_equal(label: str) -> None:
    compared = 0
    for line in equation(label).worked:
        for statement in re.split(r"[,:]? {2,}", plain_formula(line)):
            sides = [evaluated(side) for side in re.split(r" [=←] ", statement.strip())]
            known = [side for side in sides if side is not None]
            for first, second in itertools.pairwise(known):
                torch.testing.assert_close(first, second, atol=5e-6, rtol=0.0)
                compared += 1
    assert compared


def test_a_label_or_a_number_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean eq-sdpa"):
        equation("eq-sdap")
    with pytest.raises(UnknownNameError, match="did you mean eq-sdpa"):
        anchor("sdpa")
    with pytest.raises(UnknownNameError, match="did you mean alpha1"):
        number("eq-sdpa", "alpha_1")
    with pytest.raises(UnknownNameError, match="choose one of"):
        numbers("nothing-like-it")


def test_no_zero_has_a_sign() -> None:
    zeros = [value for label in EXAMPLES for value in numbers(label).values() if value == 0.0]
    assert zeros
    assert {str(value).startswith("-") for value in zeros} == {False}
