"""The worked example of every equation, in plain numbers: what lessons quote and what the library must agree with.

Nothing but ``math`` and ``henkan.course.by_hand``. Each function returns its numbers by name.
"""

from collections.abc import Callable, Mapping

from henkan.course.examples import lesson0, phase1, phase2

EXAMPLES: Mapping[str, Callable[[], dict[str, float]]] = {
    "eq-dot": lesson0.dot_product,
    "eq-sigmoid": lesson0.probability,
    "eq-bce": lesson0.loss,
    "eq-sgd": lesson0.step,
    "eq-l2": lesson0.penalty,
    "num-minibatch": lesson0.batch,
    "num-culprit": lesson0.culprit,
    "num-through-softmax": lesson0.through,
    "num-conflict": lesson0.conflict,
    "eq-emb": phase1.embedding,
    "eq-pe": phase1.positions,
    "eq-in": phase1.encoder_input,
    "eq-scores": phase2.scores,
    "eq-softmax": phase2.probabilities,
    "eq-sdpa": phase2.attention,
    "eq-mask": phase2.masked,
    "eq-heads": phase2.heads,
    "eq-mha": phase2.multi_head,
}
