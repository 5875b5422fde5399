"""The module for real runs: an update of the plain loop, made by one process or by many together."""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import lightning
import torch
from lightning.pytorch.strategies import ModelParallelStrategy, ParallelStrategy
from torch import Tensor
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.nn.utils import clip_grad_norm_

from henkan.config import ModelConfig, TrainingConfig
from henkan.data.sharing import Group
from henkan.nn import Transformer
from henkan.training.loss import LabelSmoothingCrossEntropy
from henkan.training.optimizer import make_optimizer
from henkan.training.schedule import rate_at
from henkan.training.state import MAX_SKIPPED, put_random_state, random_state
from henkan.training.step import compute_loss

if TYPE_CHECKING:
    from henkan.training.lightning.shared_run import SharedRun


@dataclass(frozen=True)
class Update:
    """What all processes know after an update: its mean loss, not finite if it was skipped, and what it was made from.

    ``seconds`` is the time of the first process; ``stop`` says that one of them has been asked to stop.
    """

    loss: float
    rate: float
    num_batches: int
    num_tokens: int
    seconds: float = 0.0
    stop: bool = False


class LitPairs(lightning.LightningModule):
    """A Transformer that learns pairs on any ``Trainer`` as ``henkan.training.fit`` teaches it.

    A batch is a ``Group``. Its loss is summed over the real target tokens of all processes and divided once by their
    number, so the update is the same for any number of processes and of batches that it is accumulated from. Without a
    ``RunCallback`` the schedule ends with the trainer's ``max_steps``, by default those of ``training``.
    """

    def __init__(
        self,
        src_vocab_size: int = 0,
        tgt_vocab_size: int = 0,
        config: ModelConfig = ModelConfig(),  # noqa: B008 - frozen
        training: TrainingConfig = TrainingConfig(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.sizes = (src_vocab_size, tgt_vocab_size)
        self.model_config, self.config = config, training
        self.transformer: Transformer | None = None
        self.run: SharedRun | None = None  # what a RunCallback follows the training with
        self.update: Update | None = None
        self.batches_read = 0
        self.skipped_in_a_row = 0
        self.stop_asked: Callable[[], bool] = lambda: False
        self.has_own_random = False  # the generators go on from an earlier state
        self._random: dict[str, Tensor] | None = None

    def configure_model(self) -> None:
        """Make the model from the seed, if there is none, and cut it in pieces if the strategy is FSDP."""
        if self.transformer is None:
            torch.manual_seed(self.config.seed)
            self.transformer = Transformer(*self.sizes, **asdict(self.model_config))
        self.criterion = LabelSmoothingCrossEntropy(self.config.label_smoothing, self.transformer.pad_idx)
        if str(self.trainer.precision).startswith("16"):
            raise ValueError("the loss is not scaled for float16: use precision bf16-mixed or 32-true")
        if isinstance(self.trainer.strategy, ModelParallelStrategy) and not isinstance(self.transformer, FSDPModule):
            mesh = self.device_mesh["data_parallel"]  # type: ignore[index]
            for layer in (*self.transformer.encoder.layers, *self.transformer.decoder.layers):
                fully_shard(layer, mesh=mesh)
            fully_shard(self.transformer, mesh=mesh)

    def configure_optimizers(self) -> Any:
        """The optimizer of the plain loop; ``training_step`` sets its rate."""
        return make_optimizer(self.model, self.config)

    @property
    def model(self) -> Transformer:
        """The Transformer; there is one from ``configure_model`` on."""
        assert self.transformer is not None
        return self.transformer

    def forward(self, src: Tensor, tgt: Tensor) -> Tensor:
        """The logits, as ``Transformer.forward``."""
        return self.model(src, tgt)

    def transfer_batch_to_device(self, batch: Group, device: torch.device, dataloader_idx: int) -> Group:
        """The same group on ``device``, its ids checked while they are still on the CPU."""
        for part in batch.batches:
            self.model.check_ids(part.src, part.tgt)
        return Group([part.to(device) for part in batch.batches], batch.num_tokens)

    def on_train_start(self) -> None:
        """Let each process draw random numbers of its own, or go on with those of a Lightning checkpoint."""
        if self._random is not None:
            put_random_state(self._random, self.device)
        elif self.global_rank > 0 and not self.has_own_random:
            torch.manual_seed(self.seed_of_process(self.batches_read))

    def on_train_batch_start(self, batch: Group, batch_idx: int) -> int | None:
        """-1, which ends the training, if the run is over."""
        if self.run is None or not self.run.is_over():
            return None
        self.trainer.should_stop = True
        return -1

    def training_step(self, batch: Group, batch_idx: int) -> dict[str, Tensor]:
        """Make one update, or skip it if loss or gradients are not finite; the mean loss per target token."""
        optimizer: Any = self.optimizers()
        rate = self._rate()
        for parameters in optimizer.param_groups:
            parameters["lr"] = rate
        loss_sum = self._backward(batch)
        loss, seconds, stop = self._agree(loss_sum / max(batch.num_tokens, 1))
        if math.isfinite(loss):
            optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        self.batches_read += len(batch.batches)
        self.update = Update(loss, rate, len(batch.batches), batch.num_tokens, seconds, stop)
        self._count_skipped()
        self.log("train_loss", loss, prog_bar=True, batch_size=batch.num_tokens)
        self.log("rate", rate, batch_size=1)
        return {"loss": torch.tensor(loss)}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what exact resuming takes: where the data stand, and the random numbers."""
        checkpoint["henkan"] = {"batches_read": self.batches_read, "random": random_state(self.device)}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take it back; the random numbers of the first process alone are in a checkpoint of Lightning's."""
        stored = checkpoint["henkan"]
        self.batches_read = stored["batches_read"]
        if self.global_rank == 0:
            self._random = stored["random"]

    def seed_of_process(self, batches_read: int) -> int:
        """A seed for the random numbers of this process, where it has no earlier ones to go on from."""
        return (self.config.seed + 1_000_003 * self.global_rank + 7_919 * batches_read) % 2**63

    def _backward(self, group: Group) -> Tensor:
        """Add up the gradients of all processes, clip them, and return this process's part of the summed loss."""
        loss_sum = torch.zeros((), device=self.device)
        for number, batch in enumerate(group.batches, start=1):
            with self._half_width():
                loss = compute_loss(self.model, batch, self.criterion)
            is_last = number == len(group.batches)
            # The gradients of all processes are averaged, but a sum is wanted.
            share = loss * self.trainer.world_size / max(group.num_tokens, 1)
            with self._syncing(is_last), torch.autocast(self.device.type, enabled=False):
                self.manual_backward(share)
            loss_sum = loss_sum + loss.detach()
        if self.config.max_norm > 0:
            norm: Any = clip_grad_norm_(self.model.parameters(), self.config.max_norm)
            norm = norm.full_tensor() if isinstance(self.model, FSDPModule) else norm
            loss_sum = loss_sum.where(norm.isfinite(), torch.nan)
        return loss_sum

    def _half_width(self) -> AbstractContextManager[Any]:
        """Matrix products in bfloat16 if ``training`` says so; otherwise as the trainer has them."""
        if self.config.precision != "bfloat16":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def _syncing(self, is_last: bool) -> AbstractContextManager[Any]:
        """Processes talk once per update, not once per batch."""
        strategy = self.trainer.strategy
        if isinstance(self.model, FSDPModule):
            self.model.set_requires_gradient_sync(is_last)
        elif isinstance(strategy, ParallelStrategy) and not is_last:
            return strategy.block_backward_sync()
        return nullcontext()

    def _agree(self, loss: Tensor) -> tuple[float, float, bool]:
        """What all processes have to know alike: the whole loss, the first one's time, whether one is to stop."""
        seconds = self.run.own_clock() if self.run is not None and self.global_rank == 0 else 0.0
        if self.trainer.world_size == 1:
            return float(loss), seconds, self.stop_asked()
        told = torch.tensor([seconds, float(self.stop_asked())], dtype=torch.float64, device=self.device)
        words = self.trainer.strategy.reduce(torch.cat([loss.double().reshape(1), told]), reduce_op="sum")
        whole_loss, seconds, stops = words.tolist()
        return whole_loss, seconds, stops > 0

    def _rate(self) -> float:
        if self.run is not None:
            return self.run.rate
        done = self.trainer.global_step
        most = self.trainer.max_steps if self.trainer.max_steps > 0 else self.config.max_steps
        return rate_at(done + 1, done / most, self.config)

    def _count_skipped(self) -> None:
        """Give up after several updates in a row that could not be made, where no run does so."""
        assert self.update is not None
        self.skipped_in_a_row = 0 if math.isfinite(self.update.loss) else self.skipped_in_a_row + 1
        if self.run is None and self.skipped_in_a_row >= MAX_SKIPPED:
            raise ValueError(
                f"the loss was not a number in {MAX_SKIPPED} updates in a row: try a lower rate, "
                f"training.learning_rate {self.config.learning_rate / 3:.1g}"
            )
