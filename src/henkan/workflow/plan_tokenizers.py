"""The tokenizers of a training, chosen from its training texts, and why."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from itertools import chain
from typing import Any

from henkan.config import DataConfig
from henkan.data import KINDS, Kind, Tokenizer, choose_kind
from henkan.data.choose import choose_vocabulary_size
from henkan.data.choose_copying import Copying, look_for_copying, with_copying
from henkan.data.tokenizers import SUBWORD_KINDS
from henkan.workflow.choose import Choice, Rule, apply
from henkan.workflow.target import Target
from henkan.workflow.training_texts import TrainingTexts
from henkan.workflow.wishes import Wishes

MIN_COMMON = 0.95  # of the characters of either side, as often as they are used, stand on the other, too
WORDS = 30_000  # most words of a vocabulary, unless asked for


@dataclass(frozen=True)
class Tokenizers:
    """One for each side, and how they were chosen."""

    source: Tokenizer
    target: Tokenizer
    config: DataConfig
    choices: Sequence[Choice]

    def to_dict(self) -> dict[str, Any]:
        """Everything ``tokenizers_again`` needs, in types that JSON has."""
        return {
            "source": self.source.to_dict(),
            "target": self.target.to_dict(),
            "config": asdict(self.config),
            "choices": [astuple(choice) for choice in self.choices],
        }


def plan_tokenizers(target: Target, wishes: Wishes) -> Tokenizers:
    """The tokenizers, their vocabularies from the training texts alone."""
    texts = TrainingTexts(target.splits.train, target.has_features)
    wished = [
        Rule({name: value for name, value in rule.values.items() if value not in ("auto", 0)}, rule.reason)
        for rule in wishes.rules("data")
    ]
    kinds = _kind_rules(target, texts)
    first, _ = apply("data", DataConfig(), [*kinds, *wished])
    copying = look_for_copying(texts.sample)
    rules = [*kinds, *_size_rules(first, texts), *_sharing_rules(first, texts, wishes), _unseen_rule(first, copying)]
    config, choices = apply("data", DataConfig(), [*rules, *wished])
    if config.vocabularies == "shared":
        config, choices = apply("data", DataConfig(), [*rules, *wished, *_one_size_rules(config, wishes)])
    _check(config, wishes)
    source, trained = _train(config, texts)
    if config.unseen == "copy":
        source, trained = with_copying(source, copying), with_copying(trained, copying)
    return Tokenizers(source, trained, config, choices)


def tokenizers_again(about: Mapping[str, Any]) -> Tokenizers:
    """The tokenizers of a training that was begun earlier. They are not trained anew: that takes time."""
    stored = about["tokenizers"]
    return Tokenizers(
        Tokenizer.from_dict(stored["source"]),
        Tokenizer.from_dict(stored["target"]),
        DataConfig(**stored["config"]),
        [Choice(*choice) for choice in stored["choices"]],
    )


def _train(config: DataConfig, texts: TrainingTexts) -> tuple[Tokenizer, Tokenizer]:
    shared = config.vocabularies == "shared"
    sizes = config.source_vocabulary, config.target_vocabulary

    def train(side: int, kind: Kind) -> Tokenizer:
        return Tokenizer.train(
            kind,
            _texts_of(side, kind, config, texts),
            config.separator,
            config.min_count,
            vocabulary_size=sizes[side] or None,
            byte_fallback=config.unseen == "bytes",
            features=texts.features and (shared or side == 0),  # shared, the targets' one knows the tags, too
        )

    source = train(0, _decided(config.source_tokenizer))
    return source, source if shared else train(1, _decided(config.target_tokenizer))


def _texts_of(side: int, kind: Kind, config: DataConfig, texts: TrainingTexts) -> Iterable[str]:
    """What a tokenizer learns from: every training text or, for sub-words, which need them in memory, a sample."""
    if kind in SUBWORD_KINDS and texts.is_sampled:
        sides = [source for source, _ in texts.sample], [target for _, target in texts.sample]
        return chain(*sides) if config.vocabularies == "shared" else sides[side]
    if config.vocabularies == "shared":
        return texts.both()
    return texts.targets() if side else texts.sources()


def _kind_rules(target: Target, texts: TrainingTexts) -> list[Rule]:
    if target.task is not None:
        kinds = {"source_tokenizer": target.task.source_kind, "target_tokenizer": target.task.target_kind}
        return [Rule(kinds, f"so defined by the task {target.task.name}")]
    (source_kind, source_why), (target_kind, target_why) = (choose_kind(side) for side in texts.some)
    return [Rule({"source_tokenizer": source_kind}, source_why), Rule({"target_tokenizer": target_kind}, target_why)]


def _size_rules(config: DataConfig, texts: TrainingTexts) -> list[Rule]:
    rules = []
    for name, some in zip(("source", "target"), texts.some, strict=True):
        kind = getattr(config, f"{name}_tokenizer")
        if kind in SUBWORD_KINDS:
            size, why = choose_vocabulary_size(some, len(texts.examples))
            why += f", learned from {len(texts.sample):,} pairs from all over the file" if texts.is_sampled else ""
            rules.append(Rule({f"{name}_vocabulary": size}, why))
        elif kind == "words":
            rules.append(Rule({f"{name}_vocabulary": WORDS}, "more words than that are too rare to be learned"))
    return rules


def _sharing_rules(config: DataConfig, texts: TrainingTexts, wishes: Wishes) -> list[Rule]:
    if wishes.get("model", "tie_embeddings") == "all":
        return [Rule({"vocabularies": "shared"}, "all embeddings are tied, so there is one matrix for both sides")]
    both = config.source_tokenizer, config.target_tokenizer
    if both[0] != both[1] or both[0] not in SUBWORD_KINDS:
        return [Rule({"vocabularies": "separate"}, "each side has symbols of its own")]
    common = min(_share_known(*texts.some), _share_known(*texts.some[::-1]))
    if common >= MIN_COMMON:
        return [Rule({"vocabularies": "shared"}, f"{common:.0%} of the characters stand on both sides")]
    return [Rule({"vocabularies": "separate"}, f"only {common:.0%} of the characters stand on both sides")]


def _share_known(texts: Sequence[str], others: Sequence[str]) -> float:
    """The share of the characters of ``texts``, by how often they stand there, that ``others`` have, too."""
    counts, known = Counter(chain.from_iterable(texts)), set(chain.from_iterable(others))
    return sum(count for character, count in counts.items() if character in known) / max(counts.total(), 1)


def _one_size_rules(config: DataConfig, wishes: Wishes) -> list[Rule]:
    """One size for a shared vocabulary: that asked for, else the larger one."""
    names = "source_vocabulary", "target_vocabulary"
    asked = {name: size for name in names if (size := wishes.get("data", name))}
    if len(set(asked.values())) > 1:
        raise ValueError(
            f"a shared vocabulary has one size, but {' and '.join(f'{name}={size}' for name, size in asked.items())} "
            f"were asked for: name one of them, or use --data.vocabularies separate"
        )
    if config.source_vocabulary == config.target_vocabulary:
        return []
    size = max(asked.values(), default=max(config.source_vocabulary, config.target_vocabulary))
    other = [name for name in names if name not in asked]
    return [Rule(dict.fromkeys(other, size), "one vocabulary serves both sides")]


def _unseen_rule(config: DataConfig, copying: Copying) -> Rule:
    both = config.source_tokenizer, config.target_tokenizer
    if any(kind in SUBWORD_KINDS for kind in both):
        return Rule({"unseen": "bytes"}, "sentences bring new names and signs, and bytes lose none of them")
    if both == ("characters", "characters") and copying.pays:
        return Rule(
            {"unseen": "copy"},
            f"{copying.share:.0%} of the {copying.pairs:,} pairs with a rare source character have it in their target",
        )
    return Rule({"unseen": "unknown"}, "targets do not take rare characters over from their sources")


def _check(config: DataConfig, wishes: Wishes) -> None:
    both = config.source_tokenizer, config.target_tokenizer
    if config.vocabularies == "shared" and both[0] != both[1]:
        option = "tie_embeddings" if wishes.get("model", "tie_embeddings") == "all" else "vocabularies"
        way_out = "--model.tie_embeddings target" if option == "tie_embeddings" else "--data.vocabularies separate"
        value = "all" if option == "tie_embeddings" else "shared"
        raise ValueError(
            f"{option}={value} needs one tokenizer for both sides, but the source has {both[0]} and the "
            f"target {both[1]}: use {way_out}"
        )
    if config.unseen == "copy" and both != ("characters", "characters"):
        raise ValueError(
            f"unseen=copy copies characters, but the source has the tokenizer {both[0]} and the target {both[1]}: "
            f"use --data.unseen bytes"
        )


def _decided(kind: str) -> Kind:
    return next(known for known in KINDS if known == kind)
