"""Two tokens, worked through: attention, loss, one step, and what goes wrong on the way."""

from henkan.course.by_hand import (
    attention_weights,
    cross_entropy,
    dot,
    find_the_culprit,
    gradient_step,
    l2_penalty,
    l2_two_ways,
    minibatch,
    output_and_loss,
    sigmoid,
    through_softmax,
)

Q, KEYS, VALUES, BIAS, TARGET = (1.0, 0.0), ((0.8, 0.6), (0.0, 1.0)), (0.3, 0.9), 0.0, 1.0
RATE, STRENGTH, EXTRA = 0.1, 0.01, 0.1
WEIGHTS = attention_weights(Q, KEYS)
ROWS, TARGETS, W = ((0.8, -0.4, 0.2), (0.2, 0.1, -0.3), (0.5, -0.2, 0.7)), (1, 0, 1), (0.323819, 0.913528, 0.037347)


def dot_product() -> dict[str, float]:
    """The query with each key. Wrong: with the entries crossed; the product of the sums of the entries."""
    crossed = {"crossed": dot(Q, KEYS[0][::-1]), "sums": sum(Q) * sum(KEYS[0])}
    return {"qk1": dot(Q, KEYS[0]), "qk2": dot(Q, KEYS[1])} | crossed


def probability() -> dict[str, float]:
    """The mixture of the values and its probability. Wrong: the sign reversed; without the exponential."""
    z, y, _ = output_and_loss(WEIGHTS, VALUES, BIAS, TARGET)
    wrong = {"minus": sigmoid(-z), "no_exponential": 1 / (1 + z)}
    return {"alpha1": WEIGHTS[0], "alpha2": WEIGHTS[1], "z": z, "y": y} | wrong


def loss() -> dict[str, float]:
    """The loss of that probability where 1 is right. Wrong: where 0 is right; without a logarithm; squared."""
    _, y, value = output_and_loss(WEIGHTS, VALUES, BIAS, TARGET)
    return {"y": y, "loss": value, "other_target": cross_entropy(y, 0), "error": 1 - y, "squared": (1 - y) ** 2}


def step() -> dict[str, float]:
    """The gradients, and everything after one step. Wrong for v1: uphill; no learning rate; no attention weight."""
    _, y, before = output_and_loss(WEIGHTS, VALUES, BIAS, TARGET)
    (v1, v2), b = gradient_step(WEIGHTS, VALUES, BIAS, TARGET, RATE)
    z, new_y, after = output_and_loss(WEIGHTS, (v1, v2), b, TARGET)
    slope = y - TARGET
    dv1, dv2 = (slope * weight for weight in WEIGHTS)
    gradients = {"dz": slope, "dv1": dv1, "dv2": dv2, "db": slope}
    wrong = {"uphill": VALUES[0] + RATE * dv1, "no_rate": VALUES[0] - dv1, "no_weight": VALUES[0] - RATE * slope}
    after_it = {"v1": v1, "v2": v2, "b": b, "z": z, "y": new_y, "loss": after, "fall": before - after}
    return gradients | after_it | wrong


def penalty() -> dict[str, float]:
    """The penalty in the gradient, and the penalty in the report. Wrong: the bias counted; nothing squared."""
    values, bias = gradient_step(WEIGHTS, VALUES, BIAS, TARGET, RATE)
    ((v1, v2), b), reported = l2_two_ways(WEIGHTS, VALUES, BIAS, TARGET, RATE, STRENGTH)
    return {
        "squares": l2_penalty(values, 1.0),
        "penalty": l2_penalty(values, STRENGTH),
        "with_bias": l2_penalty([*values, bias], STRENGTH),
        "not_squared": STRENGTH * sum(values),
        "reported": reported,
        "v1": v1,
        "v2": v2,
        "b": b,
    }


def batch() -> dict[str, float]:
    """Three rows at once."""
    (y1, y2, y3), before, (g1, g2, g3), after = minibatch(ROWS, TARGETS, W, RATE)
    return {"y1": y1, "y2": y2, "y3": y3, "loss": before, "g1": g1, "g2": g2, "g3": g3, "loss_after": after}


def culprit() -> dict[str, float]:
    """A rise that learning is not owed to. ``share`` in percent."""
    before, both, update_alone, extra_alone, share = find_the_culprit(WEIGHTS, VALUES, BIAS, TARGET, RATE, EXTRA)
    return {
        "ratio": before * (1 - before),
        "before": before,
        "both": both,
        "update_alone": update_alone,
        "extra_alone": extra_alone,
        "share": 100 * share,
    }


def through() -> dict[str, float]:
    """The gradients behind the softmax."""
    (s1, s2), (q1, q2), ((k11, k12), (k21, k22)) = through_softmax(Q, KEYS, VALUES, BIAS, TARGET)
    return {"ds1": s1, "ds2": s2, "dq1": q1, "dq2": q2, "dk11": k11, "dk12": k12, "dk21": k21, "dk22": k22}


def conflict() -> dict[str, float]:
    """The same input with both targets: the best rate of one step, and the rate from which on the loss rises.

    Both examples share weights, values and bias, so the mean gradient by z is y - 1/2, and the loss is least at z = 0.
    One step moves z by the rate times the gradient times 1 + the sum of the squared weights.
    """
    z, y, _ = output_and_loss(WEIGHTS, VALUES, BIAS, TARGET)
    best = z / ((y - 0.5) * (1 + dot(WEIGHTS, WEIGHTS)))
    mean = (cross_entropy(sigmoid(z), 1) + cross_entropy(sigmoid(z), 0)) / 2
    return {"best_rate": best, "limit_rate": 2 * best, "loss": mean}
