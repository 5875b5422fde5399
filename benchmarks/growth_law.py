"""What work and memory should take: counted from the sizes of the model and of its batch, and fitted to seconds.

In the formulas d is ``d_model``, f ``d_ff``, V the vocabulary, S and T the lengths of source and target. A product of
an (m, k) matrix with a (k, n) one takes k multiplications and k additions for each of its m n entries, so 2 m k n
operations. Everything else (softmax, layer norm, dropout, Adam) is a few operations a number: it costs memory traffic
rather than arithmetic, and is not counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from henkan.decoding.product import LARGE
from henkan.decoding.steps import MANY_ROWS

FLOAT = 4  # bytes


@dataclass(frozen=True)
class Sizes:
    """A model, its embeddings and its output one matrix if ``tied``, and the batch that it works on."""

    d_model: int = 256
    num_heads: int = 8
    d_ff: int = 1024
    num_layers: int = 4  # of the encoder, and as many of the decoder
    vocab_size: int = 8000
    rows: int = 64
    src_length: int = 16
    tgt_length: int = 16
    tied: bool = True

    @property
    def parameters(self) -> int:
        """Four matrices with biases an attention, two a feed-forward network, a scale and a shift a layer norm."""
        d, f = self.d_model, self.d_ff
        attention, feed_forward, norm = 4 * (d * d + d), 2 * d * f + d + f, 2 * d
        encoder_layer = attention + feed_forward + 2 * norm
        decoder_layer = 2 * attention + feed_forward + 3 * norm
        embeddings = self.vocab_size * d if self.tied else 3 * self.vocab_size * d + self.vocab_size
        return self.num_layers * (encoder_layer + decoder_layer) + embeddings


def encoder_flops(sizes: Sizes) -> int:
    """Operations of the encoder on the whole batch.

    A token goes through four projections (8 d^2) and the feed-forward network (4 d f); the heads together compare it
    with S tokens and mix S values (2 S d each).
    """
    d, f, length = sizes.d_model, sizes.d_ff, sizes.src_length
    return sizes.rows * length * sizes.num_layers * (8 * d * d + 4 * d * f + 4 * length * d)


def memory_flops(sizes: Sizes) -> int:
    """Operations that project the source to the keys and values of every decoder layer: 4 d^2 for a source token."""
    return sizes.rows * sizes.src_length * sizes.num_layers * 4 * sizes.d_model**2


def decoder_flops(sizes: Sizes, positions: int, visible: int) -> int:
    """Operations of the decoder on so many new ``positions`` a row, each of which attends to ``visible`` ones.

    A position goes through four projections of self-attention, two of cross-attention (12 d^2 together) and the
    feed-forward network (4 d f), attends to the target (4 ``visible`` d) and to the source (4 S d). What is hidden is
    computed all the same.
    """
    d = sizes.d_model
    layer = 12 * d * d + 4 * d * sizes.d_ff + 4 * (visible + sizes.src_length) * d
    return sizes.rows * positions * sizes.num_layers * layer


def output_flops(sizes: Sizes, positions: int) -> int:
    """Operations of the output projection, for so many ``positions`` a row."""
    return sizes.rows * positions * 2 * sizes.d_model * sizes.vocab_size


def forward_flops(sizes: Sizes) -> int:
    """Operations from ids to the logits of all target positions."""
    length = sizes.tgt_length
    decoder = memory_flops(sizes) + decoder_flops(sizes, length, length) + output_flops(sizes, length)
    return encoder_flops(sizes) + decoder


def training_flops(sizes: Sizes) -> int:
    """Operations of a step. Each product Y = X W is followed by two on the way back, for X and for W."""
    return 3 * forward_flops(sizes)


def decoding_flops(sizes: Sizes, *, cached: bool) -> int:
    """Operations that encode the source and decode T tokens, one at a time.

    With a cache, step t handles one position. Without, it handles t of them, and the memory's keys and values again,
    but the output of the last position alone.
    """
    steps = range(1, sizes.tgt_length + 1)
    output = output_flops(sizes, sizes.tgt_length)
    if cached:
        steps_flops = memory_flops(sizes) + sum(decoder_flops(sizes, 1, t) for t in steps)
    else:
        steps_flops = sum(memory_flops(sizes) + decoder_flops(sizes, t, t) for t in steps)
    return encoder_flops(sizes) + steps_flops + output


@dataclass(frozen=True)
class Law:
    """``overhead`` seconds a call, whatever is in it, and ``cost`` seconds for each operation (or pair)."""

    overhead: float
    cost: float

    def seconds(self, calls: float, work: float) -> float:
        """What so much ``work`` in so many ``calls`` should take."""
        return calls * self.overhead + work * self.cost


def fit(calls: Sequence[float], work: Sequence[float], seconds: Sequence[float]) -> Law:
    """The law whose relative errors have the least sum of squares. No constant is below zero."""
    columns = np.array([calls, work], dtype=np.float64) / np.array(seconds, dtype=np.float64)
    scale = columns.max(axis=1, keepdims=True)  # work is counted in thousands of millions, calls in ones
    columns /= scale
    ones = np.ones(len(seconds))
    best = np.linalg.lstsq(columns.T, ones, rcond=None)[0]
    if (best < 0).any():  # then one of them alone, the better one
        alone = [np.eye(2)[i] * (columns[i] @ ones) / (columns[i] @ columns[i]) for i in (0, 1)]
        best = min(alone, key=lambda constants: float(((constants @ columns - 1) ** 2).sum()))
    overhead, cost = best / scale[:, 0]
    return Law(float(overhead), float(cost))


def training_bytes(sizes: Sizes) -> int:
    """Weights, gradients and the two moments of Adam, and what the forward pass keeps for the way back.

    A position of an encoder layer keeps 11 d + f numbers: of the attention what goes in, queries, keys, values, and
    what was mixed, by head and side by side; of the two residual connections a mask of dropout and the input of the
    norm each; of the feed-forward network what goes in and the inner layer. A decoder layer keeps 7 d more for its
    second attention, of which keys and values belong to the source. The log-probabilities of the target's positions
    and, on the way back, the gradient that is made beside them are 2 V numbers at once.
    """
    d, f = sizes.d_model, sizes.d_ff
    source, target = sizes.rows * sizes.src_length, sizes.rows * sizes.tgt_length
    layer = source * (11 * d + f) + target * (16 * d + f) + source * 2 * d
    return 4 * FLOAT * sizes.parameters + FLOAT * (sizes.num_layers * layer + 2 * target * sizes.vocab_size)


def decoding_bytes(sizes: Sizes) -> int:
    """Weights, keys and values in every layer, and of one step the logits and their log-probabilities.

    Of the source, keys and values stand there once. Of the target twice: a step writes them anew with its own behind
    them while the old ones are still there. Fewer than ``MANY_ROWS`` rows make fast steps: their buffers double, so
    that the old one has half the size, and they copy weights, the projections of a layer in one matrix, 4 d^2, and a
    large output matrix in another order.
    """
    d, fast = sizes.d_model, 0 < sizes.rows < MANY_ROWS
    past = 1.5 if fast else 2
    cache = sizes.num_layers * 2 * d * (sizes.src_length + past * sizes.tgt_length)
    output = d * sizes.vocab_size
    copies = sizes.num_layers * 4 * d * d + (output if output >= LARGE else 0) if fast else 0
    return round(FLOAT * (sizes.parameters + copies + sizes.rows * (cache + 2 * sizes.vocab_size)))
