"""What can be asked for outputs: one bundle, or several that answer together."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from henkan.bundle.engine import Engine, TorchEngine
from henkan.bundle.limits import Limits
from henkan.bundle.predict import predict_texts
from henkan.bundle.request import Prediction, Request
from henkan.data import Codec, Tokenizer
from henkan.decoding import Greedy, Strategy

if TYPE_CHECKING:
    from henkan.nn import Transformer


class Predictor:
    """Text in, text out, by one model or by the mean probability of several."""

    models: "tuple[Transformer, ...]"
    source_tokenizer: Tokenizer
    target_tokenizer: Tokenizer
    limits: Limits

    @property
    def engine(self) -> Engine:
        """What decodes."""
        return TorchEngine(self.models)

    @property
    def codec(self) -> Codec:
        """What turns sources into ids and ids into outputs."""
        return Codec(self.source_tokenizer, self.target_tokenizer)

    def predict(
        self,
        sources: Sequence[str],
        strategy: Strategy = Greedy(),  # noqa: B008 - frozen
        *,
        max_len: int | None = None,
        seed: int = 0,
        lines: Sequence[int] | None = None,
        prefixes: Sequence[str] | None = None,
        dictionary: Mapping[str, str] | None = None,
    ) -> list[list[Prediction]]:
        """The outputs for each source, best first; one each, unless ``strategy`` gives several.

        A prediction depends on its source and prefix alone; when sampling, also on ``seed`` and the number of its
        line. ``lines`` are these numbers, by default 1, 2, 3 and so on. ``max_len`` is the most symbols of an output,
        by default ``limits.output``. Several outputs of one source are different texts. A blank source has a blank
        output. A source that the model has no positions for is a ``ValueError`` that names its line.

        ``prefixes``, one per source, are what the outputs must begin with, "" for anything; one that the target
        tokenizer cannot write is a ``ValueError`` that names its line. A source that ``dictionary`` holds is not
        decoded: what stands there is its output, with log-probability 0, unless the source's prefix says otherwise.
        """
        request = Request(
            strategy,
            self.limits.output if max_len is None else max_len,
            seed,
            range(1, len(sources) + 1) if lines is None else lines,
            [""] * len(sources) if prefixes is None else prefixes,
            {} if dictionary is None else dictionary,
        )
        return predict_texts(self.engine, self.codec, sources, request)
