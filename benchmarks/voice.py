"""How good and how fast voice is, next to the published asyncio client: ``python benchmarks/voice.py``.

Real devices' drivers, virtual devices: what is said is played into a microphone, what the character answers is
recorded from the speaker. Linux with PulseAudio; nothing leaves the machine. See README.md.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import _voice_measure as measure
import pytest
from _memory_table import Cell, Reach, Sheet
from _voice_processes import Gateway
from _voice_speech import RATE, Utterance, utterances
from _voice_words import WordErrors

TABLES = ["talk", "interrupt", "capture", "gaps", "load"]
JITTER = (0.0, 0.05, 0.1, 0.2)
#: why the other client has no figure where a sound goes on after it was to end
PLAYS_ON = "plays on"


class Plan:
    """How much is measured."""

    def __init__(self, quick: bool) -> None:
        self.sentences = 5 if quick else 40
        #: of every so many utterances the other client gets one: it is the same gateway that understands them
        self.of_peer = 2
        self.interrupts = 6 if quick else 30
        self.barge_ins = 3 if quick else 12
        self.capture = 12.0 if quick else 60.0
        self.story = 10.0 if quick else 30.0
        self.conversation = 25.0 if quick else 90.0


def contestants() -> list[str]:
    """The other one takes part where it can: with Python 3.11, and its own audio packages."""
    peer = all(importlib.util.find_spec(name) is not None for name in ("estuary_sdk", "sounddevice"))
    return ["ours", "peer"] if peer else ["ours"]


def progress(what: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)


def quantile(values: Sequence[float], share: float) -> float | None:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def milliseconds(values: Sequence[float], share: float) -> float | None:
    found = quantile(values, share)
    return None if found is None else 1000 * found


# ── the tables ──


def words_sheet(talks: dict[str, list[measure.Exchange]], speech: Sequence[Utterance]) -> Sheet:
    sheet = Sheet(
        "Word error rate: said into the microphone, understood by the gateway",
        ["ours %", "peer %", "engine alone %", "ours: words", "sentences", "without error"],
    )
    alone = engine_alone(speech)
    for voice in [*dict.fromkeys(utterance.voice for utterance in speech), "all"]:
        errors = {}
        for who, exchanges in [*talks.items(), ("alone", alone)]:
            errors[who] = WordErrors()
            for exchange in exchanges:
                if voice in (exchange.voice, "all"):
                    errors[who].add(exchange.said, exchange.understood)
        ours, peer = errors["ours"], errors.get("peer")
        cells = [ours.percent, peer.percent if peer else None, errors["alone"].percent]
        sheet.add(voice, *cells, ours.words, ours.sentences, ours.right)
    sheet.notes.append("engine alone: the same audio, whole, given to the recogniser without devices, network and VAD")
    return sheet


def engine_alone(speech: Sequence[Utterance]) -> list[measure.Exchange]:
    import numpy as np
    import soxr

    from estuary.gateway.voice.embedded import transcribe

    found = []
    for utterance in speech:
        audio = soxr.resample(np.frombuffer(utterance.pcm, "<i2"), RATE, 16_000)
        found.append(measure.Exchange(utterance.voice, utterance.text, transcribe(audio.astype("<i2").tobytes())))
    return found


class Latencies:
    """The table of latencies, row by row."""

    def __init__(self) -> None:
        columns = [f"{who} {what}" for who in ("ours", "peer") for what in ("median", "p95", "p99", "n")]
        self.sheet = Sheet("Latency, ms", columns)

    def add(self, what: str, ours: Sequence[float], peer: Sequence[float] | str | None, *reach: Reach) -> None:
        cells: list[Cell] = []
        for values in (ours, peer):
            if values is None or isinstance(values, str):
                cells += [values, None, None, None]
            else:
                cells += [*(milliseconds(values, share) for share in (0.5, 0.95, 0.99)), len(values)]
        self.sheet.add(what, *cells, reach=reach)

    def talk(self, talks: dict[str, list[measure.Exchange]]) -> None:
        def times(what: str) -> list[list[float] | None]:
            return [
                [seconds for exchange in talks[who] if (seconds := getattr(exchange, what)) is not None]
                if who in talks
                else None
                for who in ("ours", "peer")
            ]

        ours, peer = times("final")
        self.add("end of speech → final transcript", ours or [], peer)
        ours, peer = times("answer")
        marks = [Reach("ours median", at_most=900), Reach("ours p95", at_most=900)]
        self.add("end of speech → answer at the speaker", ours or [], peer, *marks)

    def ending(self, what: str, found: dict[str, measure.Ending], *reach: Reach) -> None:
        cells: dict[str, Any] = {}
        for who, ending in found.items():
            cells[who] = ending.times
            if ending.plays_on:
                self.sheet.notes.append(
                    f"{what}: {who} was still heard {measure.PLAYS_ON:g} s later in {ending.plays_on} of "
                    f"{ending.plays_on + len(ending.times)}"
                )
                if not ending.times:
                    cells[who] = PLAYS_ON
        self.add(what, cells["ours"], cells.get("peer"), *reach)

    def capture(self, found: dict[str, measure.Captured]) -> None:
        ours, peer = found["ours"], found.get("peer")
        mark = Reach("ours p99", at_most=30)
        self.add("microphone: block read → on the socket", ours.read, None, mark)
        self.add("microphone: last sample due → on the socket", ours.due, peer.due if peer else None, mark)
        for who, captured in found.items():
            self.sheet.notes.append(f"microphone, {who}: {len(captured.due)} of {captured.blocks} blocks recognised")


def gaps_sheet(found: dict[tuple[str, str, float], measure.Played], seconds: float) -> Sheet:
    columns = [f"{who} {what}" for who in ("ours", "peer") for what in ("gaps/min", "ms/min")]
    sheet = Sheet("Gaps in what is heard, per minute of playback", [*columns, "ours: underruns"])
    for kind, name in (("hum", "sent as fast as it is taken"), ("paced", "sent at the pace of speech")):
        for jitter in JITTER:
            cells: list[Cell] = []
            underruns = None
            for who in ("ours", "peer"):
                played = found.get((who, kind, jitter))
                if played is None:
                    cells += [None, None]
                    continue
                minutes = played.seconds / 60
                cells += [played.gaps / minutes, 1000 * played.silent / minutes]
                if who == "ours":
                    underruns = played.underruns
            mark = [Reach("ours gaps/min", at_most=0)] if jitter <= 0.1 else []
            sheet.add(f"{name}, jitter 0 to {1000 * jitter:.0f} ms", *cells, underruns, reach=mark)
    sheet.notes.append(f"of {seconds:g} s of sound each; a gap is a silence of {1000 * measure.GAP:g} ms or more")
    sheet.notes.append("underruns: gaps that the jitter buffer knows of; others are a device not served in time")
    sheet.notes.append("peer has no jitter buffer: it plays what has come, and counts nothing")
    return sheet


def load_sheet(found: dict[str, measure.Load]) -> Sheet:
    sheet = Sheet(
        "A conversation's cost",
        ["client % of a core", "gateway %", "client MB", "gateway MB", "s", "user s", "char. s"],
    )
    for what, load in found.items():
        mark = [Reach("client % of a core", at_most=5)] if what.startswith("ours") else []
        memory = (load.client_bytes / 1e6, load.gateway_bytes / 1e6)
        sheet.add(what, load.client, load.gateway, *memory, load.seconds, load.user, load.character, reach=mark)
    sheet.notes.append("one minute of conversation takes 0.6 s of processor time for each percent")
    return sheet


# ── measuring ──


def measure_all(plan: Plan, wanted: Sequence[str]) -> Iterator[tuple[Sheet, Any]]:
    """Tables, each with what it was made of."""
    who = contestants()
    speech = list(utterances(plan.sentences)) if {"talk", "load"} & set(wanted) else []
    latencies = Latencies()
    raw: dict[str, Any] = {}
    if {"talk", "load"} & set(wanted):
        with Gateway("default") as gateway:
            if "talk" in wanted:
                few = speech[:: plan.of_peer]
                talks = {name: measure.talk(name, gateway, speech if name == "ours" else few, progress) for name in who}
                yield words_sheet(talks, speech), talks
                latencies.talk(talks)
            if "load" in wanted:
                yield load_sheet(loads := measure_loads(plan, gateway, speech, who)), loads
    if {"interrupt", "capture", "gaps"} & set(wanted):
        with Gateway("hum") as hum, Gateway("paced") as paced, Gateway("tale") as tale:

            def each(what: str, function: Callable[..., Any], gateway: Gateway, *args: Any) -> dict[str, Any]:
                progress(what)
                raw[what] = {name: function(name, gateway.place, *args) for name in who}
                return dict(raw[what])

            if "interrupt" in wanted:
                found = each("interrupt", measure.interrupt, hum, plan.interrupts)
                marks = [Reach("ours median", at_most=120), Reach("ours p95", at_most=120)]
                latencies.ending("interrupt() → silence at the speaker", found, *marks)
                found = each("barge in", measure.barge_in, tale, plan.barge_ins)
                latencies.ending("user begins to speak over it → silence", found)
            if "capture" in wanted:
                latencies.capture(each("capture", measure.capture, hum, plan.capture))
            if "gaps" in wanted:
                places = {"hum": hum.place, "paced": paced.place}
                gaps = {}
                for kind, place in places.items():
                    for jitter in JITTER:
                        for name in who:
                            progress(f"gaps, {kind}, {1000 * jitter:.0f} ms, {name}")
                            gaps[name, kind, jitter] = measure.play(name, place, jitter, plan.story)
                yield gaps_sheet(gaps, plan.story), gaps
    if latencies.sheet.lines:
        yield latencies.sheet, raw


def measure_loads(
    plan: Plan, gateway: Gateway, speech: Sequence[Utterance], who: Sequence[str]
) -> dict[str, measure.Load]:
    found = {}
    ways: list[tuple[str, str, dict[str, Any]]] = [
        ("ours, echo cancelled", "ours", {"echo": "cancel"}),
        ("ours, echo off", "ours", {"echo": "off"}),
        ("peer", "peer", {}),
    ]
    if importlib.util.find_spec("livekit") is None:
        del ways[0]
    for what, name, options in ways:
        if name in who:
            progress(f"load, {what}")
            found[what] = measure.converse(name, gateway, speech, plan.conversation, **options)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="less of everything, and rough")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every figure there")
    parser.add_argument("--only", choices=TABLES, action="append", help="this only (may be given twice)")
    options = parser.parse_args()
    if len(contestants()) == 1:
        print("estuary-sdk[audio] is not installed (it needs Python 3.11): its columns stay empty", file=sys.stderr)
    started, load = time.monotonic(), os.getloadavg()[0]
    try:
        found = list(measure_all(Plan(options.quick), options.only or TABLES))
    except pytest.skip.Exception as reason:  # the tests' rig says so where it can't be
        raise SystemExit(str(reason)) from None
    progress("")
    print("\n\n".join(sheet.render() for sheet, _ in found))
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores; load before {load:.1f}"
    print(f"\n{time.monotonic() - started:.0f} s on {machine}, after {os.getloadavg()[0]:.1f}")
    if load > (os.cpu_count() or 1) / 4:
        print("The machine was busy with something else: latencies and gaps are worse for that.")
    if options.json:
        tables = [{**sheet.as_dict(), "raw": measure.as_dicts(raw)} for sheet, raw in found]
        report = {"machine": machine, "tables": tables}
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
