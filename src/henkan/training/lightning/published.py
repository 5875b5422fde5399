"""The published module of the course: the copy task through ``Trainer.fit``."""

from typing import Any

import lightning
import torch
from torch import Tensor, nn

from henkan.data import Batch
from henkan.nn import Transformer
from henkan.training.loss import LabelSmoothingCrossEntropy
from henkan.training.optimizer import BETAS, EPS
from henkan.training.schedule import noam_rate
from henkan.training.step import compute_loss


class LitTransformer(lightning.LightningModule):
    """A ``Transformer`` that Lightning's ``Trainer`` can fit, with the paper's optimizer and schedule.

    Batches are (src, tgt) of ids. All arguments are kept in ``hparams``.
    """

    def __init__(  # noqa: PLR0913 - the published signature
        self,
        src_vocab_size: int,
        tgt_vocab_size: int,
        d_model: int = 512,
        num_layers: int = 6,
        num_heads: int = 8,
        d_ff: int = 2048,
        max_len: int = 5000,
        dropout: float = 0.1,
        warmup_steps: int = 4000,
        pad_idx: int = 0,
        label_smoothing: float = 0.1,
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.transformer = Transformer(
            src_vocab_size, tgt_vocab_size, d_model, num_layers, num_heads, d_ff, max_len, dropout, pad_idx=pad_idx
        )
        for parameter in self.transformer.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)
        for embedding in (self.transformer.src_embedding, self.transformer.tgt_embedding):
            nn.init.zeros_(embedding.weight.data[pad_idx])
        self.criterion = LabelSmoothingCrossEntropy(label_smoothing, pad_idx)

    def forward(
        self, src: Tensor, tgt: Tensor, src_mask: Tensor | None = None, tgt_mask: Tensor | None = None
    ) -> Tensor:
        """The logits, as ``Transformer.forward``."""
        return self.transformer(src, tgt, src_mask, tgt_mask)

    def encode(self, src: Tensor, src_mask: Tensor | None = None) -> Tensor:
        """The memory, as ``Transformer.encode``."""
        return self.transformer.encode(src, src_mask)

    def decode(
        self, tgt: Tensor, memory: Tensor, src_mask: Tensor | None = None, tgt_mask: Tensor | None = None
    ) -> Tensor:
        """The target's vectors, as ``Transformer.decode``."""
        return self.transformer.decode(tgt, memory, src_mask, tgt_mask)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """The mean loss per real target token of ``batch``."""
        return self._mean_loss(batch, "train_loss")

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """The same without learning."""
        return self._mean_loss(batch, "val_loss")

    def configure_optimizers(self) -> Any:
        """Adam whose rate at every update, the first included, is that of ``NoamScheduler``."""
        d_model, warmup_steps = self.hparams["d_model"], self.hparams["warmup_steps"]
        optimizer = torch.optim.Adam(self.parameters(), lr=1.0, betas=BETAS, eps=EPS)
        # Lightning's scheduler counts updates made; the one about to be made is the next.
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda done: noam_rate(done + 1, d_model, warmup_steps))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _mean_loss(self, batch: tuple[Tensor, Tensor], name: str) -> Tensor:
        pair = Batch(*batch, pad_idx=self.hparams["pad_idx"])
        num_tokens = max(pair.num_target_tokens, 1)
        loss = compute_loss(self.transformer, pair, self.criterion) / num_tokens
        # Weighed by tokens, so that the epoch's mean is per token and not per batch.
        self.log(name, loss, prog_bar=True, batch_size=num_tokens)
        return loss


def greedy_decode_lightning(
    model: LitTransformer, src: Tensor, max_len: int, start_symbol: int, end_symbol: int, device: torch.device | str
) -> Tensor:
    """At most ``max_len`` new ids after the start symbol, as the function ``greedy_decode`` gives them, (1, n)."""
    model.to(device)
    return model.transformer.greedy_decode(src.to(device), max_len + 1, start_symbol, end_symbol)
