"""The examples of lesson 0 by torch's own functions and autograd, without henkan."""

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

Numbers = Mapping[str, float]


def double(entries: object) -> Tensor:
    return torch.tensor(entries, dtype=torch.float64)


Q, K, V = torch.eye(2).double(), double([[0.8, 0.6], [0.0, 1.0]]), double([0.3, 0.9])
ONE, ZERO = torch.ones(()).double(), torch.zeros(()).double()


def numbers(**named: object) -> Numbers:
    return {name: float(value.detach() if isinstance(value, Tensor) else value) for name, value in named.items()}


def weights(q: Tensor, k: Tensor, scale: float | None = None) -> Tensor:
    """The attention weights: with the identity for values, torch's kernel puts them out."""
    return F.scaled_dot_product_attention(q[None], k[None], torch.eye(len(k)).double()[None], scale=scale)[0]


def step(rate: float = 0.1, *, maximize: bool = False, decay: float = 0.0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Values and bias after one step of torch's optimizer, and their gradients before it."""
    v, b = V.clone().requires_grad_(), ZERO.clone().requires_grad_()
    groups = [{"params": [v], "weight_decay": decay}, {"params": [b]}]
    optimizer = torch.optim.SGD(groups, lr=rate, maximize=maximize)
    F.binary_cross_entropy_with_logits(weights(Q, K)[0] @ v + b, ONE).backward()
    optimizer.step()
    return v.detach(), b.detach(), v.grad, b.grad


def eq_dot() -> Numbers:
    q, (k1, k2) = Q[0], K
    return numbers(
        qk1=torch.dot(q, k1), qk2=torch.dot(q, k2), crossed=torch.dot(q, k1.flip(0)), sums=q.sum() * k1.sum()
    )


def eq_sigmoid() -> Numbers:
    alpha = weights(Q, K)[0]
    z = alpha @ V
    y, minus = torch.sigmoid(z), torch.sigmoid(-z)
    return numbers(alpha1=alpha[0], alpha2=alpha[1], z=z, y=y, minus=minus, no_exponential=torch.reciprocal(1 + z))


def eq_bce() -> Numbers:
    y = torch.sigmoid(weights(Q, K)[0] @ V)
    losses = {"loss": F.binary_cross_entropy(y, ONE), "other_target": F.binary_cross_entropy(y, ZERO)}
    return numbers(y=y, **losses, error=F.l1_loss(y, ONE), squared=F.mse_loss(y, ONE))


def eq_sgd() -> Numbers:
    v, b, dv, db = step()
    z = weights(Q, K)[0] @ v + b
    loss = F.binary_cross_entropy_with_logits(z, ONE)
    before = F.binary_cross_entropy_with_logits(weights(Q, K)[0] @ V, ONE)
    changes = {"dz": db, "dv1": dv[0], "dv2": dv[1], "db": db, "fall": before - loss}
    wrong = {"uphill": step(maximize=True)[0][0], "no_rate": step(1.0)[0][0], "no_weight": V[0] + b}
    return numbers(**changes, v1=v[0], v2=v[1], b=b, z=z, y=torch.sigmoid(z), loss=loss, **wrong)


def eq_l2() -> Numbers:
    v, b, _, _ = step()
    decayed, bias, _, _ = step(decay=2 * 0.01)  # torch adds decay * v, which is the gradient of half of it times v^2
    squares, both = v.square().sum(), torch.cat([v, b[None]])
    loss = F.binary_cross_entropy_with_logits(weights(Q, K)[0] @ v + b, ONE)
    sizes = {"squares": squares, "penalty": 0.01 * squares, "reported": loss + 0.01 * squares}
    wrong = {"with_bias": 0.01 * both.norm() ** 2, "not_squared": 0.01 * v.sum()}
    return numbers(**sizes, **wrong, v1=decayed[0], v2=decayed[1], b=bias)


def num_minibatch() -> Numbers:
    rows = double([[0.8, -0.4, 0.2], [0.2, 0.1, -0.3], [0.5, -0.2, 0.7]])
    targets = double([1.0, 0.0, 1.0])
    w = torch.tensor([0.323819, 0.913528, 0.037347], dtype=torch.float64, requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(rows @ w, targets)
    loss.backward()
    after = F.binary_cross_entropy_with_logits(rows @ (w - 0.1 * w.grad), targets)
    y, gradient = torch.sigmoid(rows @ w), w.grad
    grads = {"g1": gradient[0], "g2": gradient[1], "g3": gradient[2]}
    return numbers(y1=y[0], y2=y[1], y3=y[2], loss=loss, **grads, loss_after=after)


def num_culprit() -> Numbers:
    """The update is that of half the squared error."""
    alpha, v, b = weights(Q, K)[0], V.clone().requires_grad_(), ZERO.clone().requires_grad_()
    y = torch.sigmoid(alpha @ v + b)
    (F.mse_loss(y, ONE) / 2).backward()
    z = alpha @ (v - 0.1 * v.grad) + b - 0.1 * b.grad
    alone, both, extra = torch.sigmoid(z), torch.sigmoid(z + 0.1), torch.sigmoid(alpha @ v + 0.1)
    (slope,) = torch.autograd.grad(torch.sigmoid(x := (alpha @ V).requires_grad_()), x)
    share = 100 * (both - alone) / (both - y)
    return numbers(ratio=slope, before=y, both=both, update_alone=alone, extra_alone=extra, share=share)


def num_through_softmax() -> Numbers:
    q, k = Q[0].clone().requires_grad_(), K.clone().requires_grad_()
    scores = k @ q / 2**0.5
    loss = F.binary_cross_entropy_with_logits(scores.softmax(dim=0) @ V, ONE)
    s, dq, dk = torch.autograd.grad(loss, (scores, q, k))
    keys = {"dk11": dk[0, 0], "dk12": dk[0, 1], "dk21": dk[1, 0], "dk22": dk[1, 1]}
    return numbers(ds1=s[0], ds2=s[1], dq1=dq[0], dq2=dq[1], **keys)


def num_conflict() -> Numbers:
    """The rates are found by halving intervals: where the loss after the step stops falling, where it is as before."""
    targets = double([1.0, 0.0])

    def loss(v: Tensor, b: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits((weights(Q, K)[0] @ v + b).expand(2), targets)

    v, b = V.clone().requires_grad_(), ZERO.clone().requires_grad_()
    dv, db = torch.autograd.grad(loss(v, b), (v, b))

    def after(rate: Tensor) -> Tensor:
        return loss(V - rate * dv, -rate * db)

    def falls(rate: Tensor) -> bool:
        rate = rate.clone().requires_grad_()
        return float(torch.autograd.grad(after(rate), rate)[0]) < 0

    best = halve(falls, 0.0, 10.0)
    limit = halve(lambda rate: bool(after(rate) < loss(V, ZERO)), best, 10.0)
    return numbers(best_rate=best, limit_rate=limit, loss=loss(V, ZERO))


def halve(is_low: Callable[[Tensor], bool], low: float, high: float) -> float:
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if is_low(double(middle)) else (low, middle)
    return low
