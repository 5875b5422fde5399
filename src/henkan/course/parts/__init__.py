"""Small parts that lessons build by hand and the library takes from torch: phases 1 and 2."""

from henkan.course.parts.phase1 import embedding_as_matmul, order_blind, relative_shift
from henkan.course.parts.phase2 import cross_attention, softmax, softmax_saturation

__all__ = ["cross_attention", "embedding_as_matmul", "order_blind", "relative_shift", "softmax", "softmax_saturation"]
