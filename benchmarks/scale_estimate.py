"""What a training on many GPUs moves and holds, by arithmetic: the table of docs/scaling.md. Nothing here is measured.

    python benchmarks/scale_estimate.py

Assumed: weights, gradients and the two moments of Adam in float32; one all-reduce of the gradients per update (ddp), or
two all-gathers of the weights and one reduce-scatter (fsdp), each in a ring; 6 operations per weight and token;
each GPU sustains SUSTAINED operations and NETWORK bytes per second in each direction; nothing overlaps.
"""

from dataclasses import dataclass

from henkan.nn import Transformer, count_parameters

SUSTAINED = 200e12
NETWORK = 25e9
BYTES = 4
MODELS = {
    "base: 512, 6 + 6, 32,000": (512, 6, 8, 2048),
    "big: 1,024, 6 + 6, 32,000": (1024, 6, 16, 4096),
}
PROCESSES = (2, 8, 64)


@dataclass(frozen=True)
class Estimate:
    """A model of so many ``parameters`` in so many ``processes``; bytes are those of one process and one update."""

    parameters: int
    processes: int

    @property
    def moved_ddp(self) -> float:
        """Bytes sent: a ring all-reduce moves every gradient twice, but for the process's own part."""
        return 2 * BYTES * self.parameters * (self.processes - 1) / self.processes

    @property
    def moved_fsdp(self) -> float:
        """Bytes sent: weights for the forward and the backward pass, gradients once."""
        return 3 * BYTES * self.parameters * (self.processes - 1) / self.processes

    @property
    def held_ddp(self) -> float:
        """Bytes of weights, gradients and two moments."""
        return 4 * BYTES * self.parameters

    @property
    def held_fsdp(self) -> float:
        """The same in pieces; the layer that is at work is whole beside them."""
        return self.held_ddp / self.processes

    @property
    def tokens_to_hide(self) -> float:
        """Tokens per process and update at which computing takes as long as the all-reduce of ddp."""
        return self.moved_ddp / NETWORK * SUSTAINED / (6 * self.parameters)


def parameters_of(d_model: int, num_layers: int, num_heads: int, d_ff: int) -> int:
    """The weights of a Transformer whose embeddings and output share one matrix."""
    return count_parameters(Transformer(32_000, 32_000, d_model, num_layers, num_heads, d_ff, tie_embeddings="all"))


def rows() -> list[str]:
    """The lines of the table, in Markdown."""
    lines = []
    for name, sizes in MODELS.items():
        parameters = parameters_of(*sizes)
        for processes in PROCESSES:
            estimate = Estimate(parameters, processes)
            cells = (
                f"{name}; {parameters / 1e6:.0f} M",
                f"{processes}",
                f"{estimate.held_ddp / 1e9:.2f} GB",
                f"{estimate.held_fsdp / 1e9:.2f} GB",
                f"{estimate.moved_ddp / 1e6:,.0f} MB, {1000 * estimate.moved_ddp / NETWORK:.0f} ms",
                f"{estimate.moved_fsdp / 1e6:,.0f} MB, {1000 * estimate.moved_fsdp / NETWORK:.0f} ms",
                f"{estimate.tokens_to_hide:,.0f}",
            )
            lines.append(f"| {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    print("\n".join(rows()))
