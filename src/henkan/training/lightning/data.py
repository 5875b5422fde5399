"""The batches of the plain loop as Lightning takes them, shared out among processes."""

from collections.abc import Iterator
from typing import Any

import lightning

from henkan.data import TokenBatches
from henkan.data.sharing import Group, Share, groups_without_end


class Groups:
    """The groups of a process, without end, from where the training stands."""

    def __init__(self, batches: TokenBatches, accumulate: int, module: Any) -> None:
        self.batches, self.accumulate, self.module = batches, accumulate, module

    def __iter__(self) -> Iterator[Group]:
        share = Share(self.module.global_rank, self.module.trainer.world_size)
        return groups_without_end(self.batches, self.accumulate, share, self.module.batches_read)

    def state_dict(self) -> dict[str, Any]:
        """Nothing: the module knows how many batches it has read. That there is one says that this can be resumed."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of ``state_dict``."""


class PairsDataModule(lightning.LightningDataModule):
    """Pairs in the batches and the order of the plain loop, ``accumulate`` of them for each update."""

    def __init__(self, batches: TokenBatches | None = None, accumulate: int = 1) -> None:
        super().__init__()
        self.batches, self.accumulate = batches, accumulate

    def train_dataloader(self) -> Groups:
        """This process's groups. An epoch of the trainer's is the whole run: henkan counts epochs of data itself."""
        assert self.batches is not None
        assert self.trainer is not None
        return Groups(self.batches, self.accumulate, self.trainer.lightning_module)
