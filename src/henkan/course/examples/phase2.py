"""Two queries over the two keys and values of lesson 0; a mask over three scores; two heads."""

import math

from henkan.course.by_hand import attention_weights, dot, softmax
from henkan.course.examples.lesson0 import KEYS, VALUES

QUERIES = ((1.0, 0.0), (0.0, 1.0))
MASKED_SCORES = (1.0, 2.0, 3.0)  # the last one is hidden
WIDTH = 128


def scores() -> dict[str, float]:
    """The scores of both queries, and the weights of the first if nothing is divided. Wrong: divided by d_k."""
    (s11, s12), (s21, s22) = ([dot(q, key) / math.sqrt(len(q)) for key in KEYS] for q in QUERIES)
    unscaled1, unscaled2 = softmax([dot(QUERIES[0], key) for key in KEYS])
    by_d_k = dot(QUERIES[0], KEYS[0]) / len(KEYS[0])
    unscaled = {"unscaled1": unscaled1, "unscaled2": unscaled2}
    return {"s11": s11, "s12": s12, "s21": s21, "s22": s22, "by_d_k": by_d_k} | unscaled


def probabilities() -> dict[str, float]:
    """The exponentials of the first query's scores, their sum, and the weights. Wrong: shared evenly."""
    exp1, exp2 = (math.exp(scores()[name]) for name in ("s11", "s12"))
    total = exp1 + exp2
    return {"exp1": exp1, "exp2": exp2, "sum": total, "alpha1": exp1 / total, "alpha2": exp2 / total, "halves": 1 / 2}


def attention() -> dict[str, float]:
    """The weights and the output of both queries: alpha1 and alpha2 of the first, beta1 and beta2 of the second.

    Wrong for z1: from scores that are not divided; the plain mean of the values.
    """
    (alpha1, alpha2), (beta1, beta2) = (attention_weights(q, KEYS) for q in QUERIES)
    mixed = {"z1": dot((alpha1, alpha2), VALUES), "z2": dot((beta1, beta2), VALUES)}
    unscaled = dot(softmax([dot(QUERIES[0], key) for key in KEYS]), VALUES)
    wrong = {"unscaled": unscaled, "mean": sum(VALUES) / len(VALUES)}
    return {"alpha1": alpha1, "alpha2": alpha2, "beta1": beta1, "beta2": beta2} | mixed | wrong


def masked() -> dict[str, float]:
    """The weights of the visible keys, and what they would sum to if they were hidden after the softmax.

    Wrong for the second: hidden after the softmax; the score times 0; only the hidden key seen.
    """
    alpha1, alpha2 = softmax(MASKED_SCORES[:2])
    late1, late2, _ = softmax(MASKED_SCORES)
    wrong = {"late2": late2, "zeroed2": softmax((*MASKED_SCORES[:2], 0.0))[1], "inverted2": 0.0}
    return {"alpha1": alpha1, "alpha2": alpha2, "late_sum": late1 + late2} | wrong


def heads() -> dict[str, float]:
    """The first query in a model of two heads: both see the same values, but the keys of the second are all 0.

    Wrong for the second head: nothing, as the scores are 0; both heads' weights averaged.
    """
    alpha1, alpha2 = attention_weights(QUERIES[0], KEYS)
    beta1, beta2 = attention_weights(QUERIES[0], ((0.0, 0.0), (0.0, 0.0)))
    mixed = {"z_first": dot((alpha1, alpha2), VALUES), "z_second": dot((beta1, beta2), VALUES)}
    wrong = {"nothing": 0.0, "blended": dot(((alpha1 + beta1) / 2, (alpha2 + beta2) / 2), VALUES)}
    return {"alpha1": alpha1, "alpha2": alpha2, "beta1": beta1, "beta2": beta2} | mixed | wrong


def multi_head() -> dict[str, float]:
    """The output of these two heads under a projection that doubles, and the parameters of a module of width 128.

    Wrong for the parameters: eight large matrices of each kind; no output projection; no biases.
    """
    found, projection = heads(), WIDTH**2 + WIDTH
    doubled = {"y_first": 2 * found["z_first"], "y_second": 2 * found["z_second"]}
    wrong = {"times_heads": 8 * 4 * projection, "no_output": 3 * projection, "no_bias": 4 * WIDTH**2}
    return found | doubled | {"parameters": 4 * projection} | wrong
