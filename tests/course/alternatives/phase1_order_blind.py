"""Other right ways to make the experiment."""

import torch
from torch import Tensor, nn


def by_undoing_the_order(encoder: nn.Module, place: nn.Module, x: Tensor, order: Tensor) -> tuple[float, float]:
    encoder.eval()
    place.eval()
    undo = order.argsort()
    found = []
    with torch.inference_mode():
        for before in (nn.Identity(), place):
            back = encoder(before(x.index_select(1, order))).index_select(1, undo)
            found.append((back - encoder(before(x))).abs().max().item())
    return found[0], found[1]


def token_by_token(encoder: nn.Module, place: nn.Module, x: Tensor, order: Tensor) -> tuple[float, float]:
    encoder.train(False)
    place.train(False)
    moved = torch.stack([x[:, int(old)] for old in order], dim=1)

    def largest(first: Tensor, second: Tensor) -> float:
        return max(float((first[:, new] - second[:, old]).detach().abs().max()) for new, old in enumerate(order))

    return largest(encoder(moved), encoder(x)), largest(encoder(place(moved)), encoder(place(x)))


ALTERNATIVES = {
    "by_undoing_the_order": (by_undoing_the_order,),
    "token_by_token": (token_by_token,),
}
