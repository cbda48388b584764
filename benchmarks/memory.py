"""How good and how fast the gateway's memory is: ``python benchmarks/memory.py``.

Extraction is judged over dialogues of our own, recall over questions of our own, each in two halves: ``dev``, which
rules and weights are tuned on, and ``unseen``, which they never are. Nothing leaves the machine. See README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path

import _memory_recall as recall
import _memory_scale as scale
import _memory_turns as turns
from _memory_dialogues import HALVES, TUNING, UNSEEN, load
from _memory_extraction import Score, evaluate, extraction_sheet
from _memory_table import Reach, Sheet

from estuary.gateway.memory.base import Extractor

TABLES = ["extraction", "recall", "speed", "turns"]


def recall_sheet(halves: list[str]) -> Sheet:
    columns = [f"{half} {what}" for half in halves for what in ("first", "top 3", "n")]
    sheet = Sheet("Recall: the right memory for a question", columns)

    def line(what: str, chosen: dict[str, list[recall.Answered]], marked: bool = False) -> None:
        cells: list[float | int | None] = []
        for answers in chosen.values():
            ranks = recall.Recall([answer.rank for answer in answers])
            cells += [ranks.share(1), ranks.share(3), len(answers)]
        sheet.add(what, *cells, reach=[Reach("unseen first", 0.85), Reach("unseen top 3", 0.95)] if marked else [])

    own = {half: recall.ask(half) for half in halves}
    every = {half: recall.ask(half, together=True) for half in halves}
    line("among the player's 20", own, True)
    for what, foreign in (("  sharing a word", False), ("  sharing no word", True)):
        line(what, {half: [a for a in answers if a.question.foreign == foreign] for half, answers in own.items()})
    line("among all 200", every)
    sheet.notes.append("among all 200, other players' memories answer many questions as well: no mark, a harder figure")
    return sheet


def scale_sheet(scores: dict[str, Score], quick: bool) -> Sheet:
    sheet = Sheet("Speed", ["median ms", "p95 ms", "× before", "build s"])
    times = sorted(ms for score in scores.values() for ms in score.milliseconds)
    if times:
        sheet.add("extraction, one turn", times[len(times) // 2], times[int(len(times) * 0.95)])
    before = None
    for count in (100, 10_000) if quick else (100, 1_000, 10_000, 100_000):
        done = scale.measure(count, 60 if quick else 200)
        growth = f"{done.search_ms / before:.1f}" if before else None
        sheet.add(f"search, {count:,} memories", done.search_ms, done.search_p95_ms, growth, done.build_seconds)
        before = done.search_ms
    return sheet


def turns_sheet(quick: bool) -> Sheet:
    sheet = Sheet("Turns through a gateway and a session", ["median ms", "p95 ms", "added ms", "first turn ms"])
    for one in turns.latencies((0, 10_000) if quick else (0, 1_000, 10_000), 40 if quick else 150):
        marks = [Reach("added ms", at_most=30)] if one.memories == 10_000 else []
        sheet.add(one.what, one.median_ms, one.p95_ms, one.added_ms, one.first_ms, reach=marks)
    sheet.notes.append("added: the median difference to the same turn, taken just before, of a gateway that keeps none")
    return sheet


def size_sheet(quick: bool) -> Sheet:
    sheet = Sheet("Database, per 1,000 turns", ["MB", "MB without memory", "memories", "turns measured"])
    done = turns.size(186 if quick else 1_000)
    kept = round(done.memories * 1000 / done.turns)
    sheet.add("SQLite", done.all / 1e6, done.plain / 1e6, kept, done.turns)
    return sheet


def print_errors(score: Score, half: str) -> None:
    for mistake in score.mistakes:
        print(f"{mistake.dialogue}  {mistake.kind:<11}  {mistake.what}\n{'':21}< {mistake.said}")
    for answer in recall.ask(half) if half in HALVES else ():
        if answer.rank != 0:
            place = "not found" if answer.rank is None else f"at {answer.rank + 1}"
            asked = f"{answer.question.player:<7}  {answer.question.text}"
            print(f"{asked}  → {answer.right} ({place}); first: {answer.contents[:2]}")


def embedded() -> Extractor:
    from estuary.gateway.memory.extract.embedded import EmbeddedExtractor

    extractor: Extractor = EmbeddedExtractor()
    return extractor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, rougher figures")
    parser.add_argument("--json", metavar="FILE", help="write every figure there")
    parser.add_argument("--half", choices=[*TUNING, *UNSEEN, "both"], default="both")
    parser.add_argument(
        "--errors", choices=[*TUNING, *UNSEEN], metavar="|".join(TUNING), help="list its mistakes, nothing else"
    )
    parser.add_argument("--only", choices=TABLES, action="append", help="this table only (may be given twice)")
    options = parser.parse_args()
    if options.errors in UNSEEN:
        parser.error(f"the mistakes of {options.errors} are not shown: what is tuned on it can't be judged by it")
    if options.errors:
        print_errors(evaluate(embedded(), load(options.errors)), options.errors)
        return

    halves = list(HALVES) if options.half == "both" else [options.half]
    wanted = options.only or TABLES
    started = time.monotonic()
    scores: dict[str, Score] = {}
    sheets = []
    if "extraction" in wanted or "speed" in wanted:
        extractor = embedded()
        evaluate(extractor, load("dev")[:2])  # whatever is loaded at first use
        scores = {half: evaluate(extractor, load(half)) for half in halves}
    if "extraction" in wanted:
        sheets.append(extraction_sheet(scores))
    if "recall" in wanted and set(halves) <= set(HALVES):  # the others have no questions
        sheets.append(recall_sheet(halves))
    if "speed" in wanted:
        sheets.append(scale_sheet(scores, options.quick))
    if "turns" in wanted:
        sheets += [turns_sheet(options.quick), size_sheet(options.quick)]
    print("\n\n".join(sheet.render() for sheet in sheets))
    load_now = os.getloadavg()[0]
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load_now:.1f}"
    print(f"\n{time.monotonic() - started:.0f} s on {machine}")
    if options.json:
        report = {"machine": machine, "tables": [sheet.as_dict() for sheet in sheets]}
        Path(options.json).write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
