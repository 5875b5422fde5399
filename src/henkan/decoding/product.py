"""x W^T + b for the few rows of a decoding step: how it is computed, chosen here by the size of W and the rows of x."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

# Found by benchmarks/decode_options.py, see docs/decisions/0023-fast-step.md.
LARGE = 1 << 20  # entries of a weight that is worth a copy in another order: an output projection, not a layer
PACKED_FOR_ROWS = 32
STEPS_BEFORE_TURNING = 8


class Product:
    """Calling it is ``F.linear(x, weight, bias)``. A large float32 matrix on a CPU is read in an order that suits x.

    Where x has several rows, that is oneDNN's blocked order, in which torch's compiler lays out frozen weights, too.
    Where it has one, the matrix is turned, so that the product adds up its rows; as turning costs as much as it saves
    in some steps, it waits until so many have been made.
    """

    def __init__(self, weight: Float[Tensor, "out in"], bias: Float[Tensor, " out"] | None) -> None:
        self.weight, self.bias = weight.detach(), bias
        self.is_large = is_measured(weight) and weight.numel() >= LARGE
        self.single_rows = 0
        self.turned: Tensor | None = None
        self.packed: Tensor | None = None

    @classmethod
    def of(cls, linear: nn.Linear) -> "Product":
        """That of ``linear``."""
        return cls(linear.weight, linear.bias)

    def __call__(self, x: Float[Tensor, "B in"]) -> Float[Tensor, "B out"]:
        if not self.is_large:
            return F.linear(x, self.weight, self.bias)
        if x.size(0) > 1:
            if self.packed is None:
                self.packed = torch.ops.mkldnn._reorder_linear_weight(self.weight, PACKED_FOR_ROWS)
            return torch.ops.mkldnn._linear_pointwise(x, self.packed, self.bias, "none", [], "")
        self.single_rows += 1
        if self.single_rows <= STEPS_BEFORE_TURNING:
            return F.linear(x, self.weight, self.bias)
        if self.turned is None:
            self.turned = self.weight.t().contiguous()
        return x @ self.turned if self.bias is None else torch.addmm(self.bias, x, self.turned)


def is_measured(weight: Tensor) -> bool:
    """Whether this is a float32 matrix on a processor of the kind on which the orders were compared."""
    if weight.device.type != "cpu" or weight.dtype != torch.float32 or not torch.backends.mkldnn.is_available():
        return False
    return torch.backends.cpu.get_cpu_capability().startswith("AVX")
