"""Two queries over the two keys and values of lesson 0; a mask over three scores; two heads."""

import math

from henkan.course.by_hand import attention_weights, dot, softmax
from henkan.course.examples.lesson0 import KEYS, VALUES

QUERIES = ((1.0, 0.0), (0.0, 1.0))
MASKED_SCORES = (1.0, 2.0, 3.0)  # the last one is hidden
WIDTH = 128


def scores() -> dict[str, float]:
    """The scores of both queries, and the weights of the first if nothing is divided."""
    (s11, s12), (s21, s22) = ([dot(q, key) / math.sqrt(len(q)) for key in KEYS] for q in QUERIES)
    unscaled1, unscaled2 = softmax([dot(QUERIES[0], key) for key in KEYS])
    return {"s11": s11, "s12": s12, "s21": s21, "s22": s22, "unscaled1": unscaled1, "unscaled2": unscaled2}


def probabilities() -> dict[str, float]:
    """The exponentials of the first query's scores, their sum, and the weights."""
    exp1, exp2 = (math.exp(scores()[name]) for name in ("s11", "s12"))
    return {
        "exp1": exp1,
        "exp2": exp2,
        "sum": exp1 + exp2,
        "alpha1": exp1 / (exp1 + exp2),
        "alpha2": exp2 / (exp1 + exp2),
    }


def attention() -> dict[str, float]:
    """The weights and the output of both queries: alpha1 and alpha2 of the first, beta1 and beta2 of the second."""
    (alpha1, alpha2), (beta1, beta2) = (attention_weights(q, KEYS) for q in QUERIES)
    mixed = {"z1": dot((alpha1, alpha2), VALUES), "z2": dot((beta1, beta2), VALUES)}
    return {"alpha1": alpha1, "alpha2": alpha2, "beta1": beta1, "beta2": beta2, **mixed}


def masked() -> dict[str, float]:
    """The weights of the visible keys, and what they would sum to if they were hidden after the softmax."""
    alpha1, alpha2 = softmax(MASKED_SCORES[:2])
    return {"alpha1": alpha1, "alpha2": alpha2, "late_sum": sum(softmax(MASKED_SCORES)[:2])}


def heads() -> dict[str, float]:
    """The first query in a model of two heads: both see the same keys, but those of the second are all 0."""
    alpha1, alpha2 = attention_weights(QUERIES[0], KEYS)
    beta1, beta2 = attention_weights(QUERIES[0], ((0.0, 0.0), (0.0, 0.0)))
    mixed = {"z_first": dot((alpha1, alpha2), VALUES), "z_second": dot((beta1, beta2), VALUES)}
    return {"alpha1": alpha1, "alpha2": alpha2, "beta1": beta1, "beta2": beta2, **mixed}


def multi_head() -> dict[str, float]:
    """The output of these two heads under a projection that doubles, and the parameters of a module of width 128."""
    found = heads()
    return {
        **found,
        "y_first": 2 * found["z_first"],
        "y_second": 2 * found["z_second"],
        "parameters": 4 * (WIDTH**2 + WIDTH),
    }
