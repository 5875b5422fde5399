"""Attention by hand: two tokens, plain numbers, nothing but ``math``. The library of lesson 0.

A query looks at two keys and mixes two values, which are single numbers here. The mixture becomes a probability, the
probability a loss, and the loss tells how to change the values.
"""

import math
from collections.abc import Sequence

Vector = Sequence[float]


def dot(a: Vector, b: Vector) -> float:
    """The products of the numbers that stand in the same place, added up."""
    return sum(x * y for x, y in zip(a, b, strict=True))  # [eq-dot]


def softmax(scores: Vector) -> list[float]:
    """The scores as probabilities: exp(score) over the sum of all exp(score)."""
    exponentials = [math.exp(score) for score in scores]
    return [exponential / sum(exponentials) for exponential in exponentials]


def attention_weights(q: Vector, keys: Sequence[Vector]) -> list[float]:
    """How much the query ``q`` looks at each key: softmax(q . k / sqrt(D)), where D is the length of ``q``."""
    return softmax([dot(q, key) / math.sqrt(len(q)) for key in keys])


def sigmoid(z: float) -> float:
    """The number ``z`` as a probability: 1 / (1 + exp(-z))."""
    return 1 / (1 + math.exp(-z))  # [eq-sigmoid]


def cross_entropy(y: float, target: float) -> float:
    """The loss of the probability ``y`` where ``target``, 0 or 1, is right."""
    return -target * math.log(y) - (1 - target) * math.log(1 - y)  # [eq-bce]


def output_and_loss(weights: Vector, values: Vector, bias: float, target: float) -> tuple[float, float, float]:
    """The mixture z of the values, its probability y, and the loss of y."""
    z = dot(weights, values) + bias
    y = sigmoid(z)
    return z, y, cross_entropy(y, target)


def gradient_step(
    weights: Vector, values: Vector, bias: float, target: float, learning_rate: float
) -> tuple[list[float], float]:
    """The values and the bias after one step of gradient descent on the loss; the weights stay.

    dL/dz is y - target, dL/dv is that times the weight of the value, and dL/db is dL/dz itself.
    """
    _, y, _ = output_and_loss(weights, values, bias, target)
    error = y - target
    new_values = [value - learning_rate * error * weight for value, weight in zip(values, weights, strict=True)]
    return new_values, bias - learning_rate * error  # [eq-sgd]


def l2_penalty(values: Vector, strength: float) -> float:
    """The penalty for large values: ``strength`` times the sum of their squares. The bias goes free."""
    return strength * sum(value**2 for value in values)  # [eq-l2]


def l2_two_ways(
    weights: Vector, values: Vector, bias: float, target: float, learning_rate: float, strength: float
) -> tuple[tuple[list[float], float], float]:
    """What the L2 penalty does in the gradient, and what it does in the loss that is reported.

    First the values and the bias after a step whose gradient has the penalty's own, 2 * strength * value, in it. Then
    the loss after a step without the penalty, to which the penalty of the new values is added: a report, no learning.
    """
    new_values, new_bias = gradient_step(weights, values, bias, target, learning_rate)
    decayed = [new - learning_rate * 2 * strength * old for new, old in zip(new_values, values, strict=True)]
    _, _, loss = output_and_loss(weights, new_values, new_bias, target)
    return (decayed, new_bias), loss + l2_penalty(new_values, strength)


def mean_loss(rows: Sequence[Vector], targets: Vector, w: Vector) -> float:
    """The mean loss of the rows, each with the probability sigmoid(row . w)."""
    losses = [cross_entropy(sigmoid(dot(row, w)), target) for row, target in zip(rows, targets, strict=True)]
    return sum(losses) / len(losses)


def minibatch(
    rows: Sequence[Vector], targets: Vector, w: Vector, learning_rate: float
) -> tuple[list[float], float, list[float], float]:
    """The probabilities of all rows, their mean loss, its gradient, and the mean loss after a step.

    The probability of a row is sigmoid(row . w). The gradient is the mean of the rows' gradients, (y - target) * row.
    """
    probabilities = [sigmoid(dot(row, w)) for row in rows]
    errors = [y - target for y, target in zip(probabilities, targets, strict=True)]
    gradient = [dot(errors, column) / len(rows) for column in zip(*rows, strict=True)]
    new_w = [weight - learning_rate * slope for weight, slope in zip(w, gradient, strict=True)]
    return probabilities, mean_loss(rows, targets, w), gradient, mean_loss(rows, targets, new_w)


def through_softmax(
    q: Vector, keys: Sequence[Vector], values: Vector, bias: float, target: float
) -> tuple[list[float], list[float], list[list[float]]]:
    """The gradients of the loss by the scores, by the query and by each key.

    dL/ds is a * (g - the mean of all g, weighted by a), where a is the weight and g = dL/da = (y - target) * v.
    """
    weights = attention_weights(q, keys)
    _, y, _ = output_and_loss(weights, values, bias, target)
    by_weight = [(y - target) * value for value in values]
    by_score = [weight * (slope - dot(weights, by_weight)) for weight, slope in zip(weights, by_weight, strict=True)]
    root = math.sqrt(len(q))
    by_query = [dot(by_score, column) / root for column in zip(*keys, strict=True)]
    return by_score, by_query, [[slope * number / root for number in q] for slope in by_score]


def suspect_step(
    weights: Vector, values: Vector, bias: float, target: float, learning_rate: float
) -> tuple[list[float], float]:
    """The values and the bias after a step as lecture notes once had it; it is under suspicion.

    The loss is a cross-entropy, but this is the gradient of the squared error: (y - target) * y * (1 - y).
    """
    _, y, _ = output_and_loss(weights, values, bias, target)
    return gradient_step(weights, values, bias, target, learning_rate * y * (1 - y))


def find_the_culprit(
    weights: Vector, values: Vector, bias: float, target: float, learning_rate: float, extra: float
) -> tuple[float, float, float, float, float]:
    """What the rise of y is owed to: the step, or ``extra``, which is slipped into z after the step.

    Four probabilities: before anything, with both the ``suspect_step`` and ``extra``, with the step alone, and with
    ``extra`` alone. Last, the share of the rise that is gone once ``extra`` is left out.
    """
    new_values, new_bias = suspect_step(weights, values, bias, target, learning_rate)
    old_z = dot(weights, values) + bias
    new_z = dot(weights, new_values) + new_bias
    before, both = sigmoid(old_z), sigmoid(new_z + extra)
    step_alone, extra_alone = sigmoid(new_z), sigmoid(old_z + extra)
    return before, both, step_alone, extra_alone, (both - step_alone) / (both - before)
