"""What is measured of one contestant in one room. Everything ends with the recordings of both ears being read."""

from __future__ import annotations

import base64
import json
import random
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _voice_processes import Contestant, Gateway, Place, proxy
from _voice_room import RATE, Recording, Room, wait_until
from _voice_speech import Utterance, hibari
from attrs import asdict, define, field

#: seconds: the user's last word or the latest transcript is so long ago that no more comes
SETTLED = 1.0
#: an answer, or the end of a sound, that has not come by then does not come. Seconds
LATEST = 8.0
#: a sound that goes on for so long after it was to end is said to play on. Seconds
PLAYS_ON = 3.0
#: no pause between two sentences of the character is so long. Seconds
BREATH = 0.45
#: a silence within a sound that is a gap. Seconds
GAP = 0.005


@define
class Exchange:
    """One thing said, what was understood, and when the answer was heard."""

    voice: str
    said: str
    understood: str
    #: seconds after the last loud sample of what was said
    final: float | None = None
    answer: float | None = None


def talk(who: str, gateway: Gateway, speech: Sequence[Utterance], progress: Any) -> list[Exchange]:
    """Say all of it, one after the other, cutting every answer short as soon as it is heard. The first is practice."""
    found, spans = [], []
    with Room() as room, Contestant(who, gateway.place, room) as contestant:
        for number, utterance in enumerate([speech[0], *speech]):
            progress(f"{who}: {number}/{len(speech)} {utterance.voice}")
            since, begun = len(contestant.events), time.monotonic()
            room.say(utterance.pcm)
            said = time.monotonic()

            def answered(since: int = since, begun: float = begun, said: float = said) -> bool:
                heard = contestant.transcripts(since)
                latest = max([said, *(event["at"] for event in heard)])
                return (
                    bool(contestant.transcripts(since, final=True))
                    and room.character.heard_since(begun)
                    and time.monotonic() - latest > SETTLED
                )

            wait_until(answered, "", LATEST)
            contestant.hush()
            if number:
                finals = contestant.transcripts(since, final=True)
                found.append(Exchange(utterance.voice, utterance.text, " ".join(e["text"] for e in finals)))
                spans.append((begun, said, time.monotonic(), [e["at"] for e in finals]))
        user, character = room.user.recording(), room.character.recording()
    for exchange, (begun, said, ended, finals) in zip(found, spans):
        end = user.last(begun, said)
        if end is None or character.first(begun, end) is not None:
            continue  # a pause was taken for the end, and answered
        answer = character.first(end, ended)
        exchange.answer = None if answer is None else answer - end
        exchange.final = finals[-1] - end if finals else None
    return found


@define
class Ending:
    """How long sounds went on after they were to end. Seconds."""

    times: list[float] = field(factory=list)
    plays_on: int = 0

    def add(self, character: Recording, at: float, quiet: float | None) -> None:
        """It was to end ``at``, and was found ``quiet`` some time later."""
        if quiet is None:
            self.plays_on += 1
        else:
            last = character.last(at, quiet)
            self.times.append(0.0 if last is None else last - at)


def interrupt(who: str, place: Place, count: int) -> Ending:
    """From ``interrupt()`` to silence at the speaker."""
    chance, ending = random.Random(3), Ending()
    calls = []
    with Room() as room, Contestant(who, place, room) as contestant:
        for _ in range(count):
            contestant.story(60)
            time.sleep(chance.uniform(0.6, 1.4))
            at = contestant.ask("interrupt", "interrupting")["since"]
            calls.append((at, _quiet(contestant, 0.25)))
        character = room.character.recording()
    for at, quiet in calls:
        ending.add(character, at, quiet)
    return ending


def barge_in(who: str, place: Place, count: int) -> Ending:
    """From the first sound of what the user says over the character to silence at the speaker."""
    speech, chance, ending = hibari("Wait a moment, I have a question."), random.Random(4), Ending()
    spans = []
    with Room() as room, Contestant(who, place, room) as contestant:
        for _ in range(count):
            contestant.story(20)
            time.sleep(chance.uniform(1.8, 2.4))  # beyond the grace
            begun = time.monotonic()
            speaking = room.say(speech, wait=False)
            quiet = _quiet(contestant, BREATH)
            speaking.wait(LATEST)
            spans.append((begun, quiet))
            said = time.monotonic()
            wait_until(lambda said=said: room.character.heard_since(said), "", LATEST)  # type: ignore[misc]
            contestant.hush()  # its answer, which otherwise would break into the next story
        user, character = room.user.recording(), room.character.recording()
    for begun, quiet in spans:
        at = user.first(begun)
        assert at is not None
        ending.add(character, at, quiet)
    return ending


def _quiet(contestant: Contestant, seconds: float) -> float | None:
    """When the character had been quiet for so long; ``None`` if it had to be made so."""
    if contestant.room.wait_for_quiet(seconds, PLAYS_ON):
        return time.monotonic()
    contestant.hush()
    return None


@define
class Captured:
    """Delays of blocks on their way to the socket. Seconds."""

    #: from when the block was read from the device; empty where the contestant can't tell
    read: list[float]
    #: from when its last sample was heard by an ear at the same device
    due: list[float]
    blocks: int


def capture(who: str, place: Place, seconds: float) -> Captured:
    """How long the microphone's blocks take to the socket, while the character speaks."""
    noise = np.random.default_rng(5).integers(-3000, 3000, int(seconds * RATE)).astype("<i2").tobytes()
    options = {"echo": "off", "note": True} if who == "ours" else {}
    with tempfile.TemporaryDirectory() as folder, Room() as room:
        path = Path(folder, "audio")
        with proxy(place, "record", str(path)) as through:
            with Contestant(who, through, room, **options) as contestant:
                contestant.tell(f"say story {seconds + 5:g}")
                room.say(noise)
                notes = contestant.ask("notes", "notes")["notes"] if who == "ours" else []
            user = room.user.recording()
        lines = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    sent = [(at, base64.b64decode(audio)) for at, audio in lines]
    read_at = {base64.b64decode(audio): at for at, audio in notes}
    heard, position = user.samples.tobytes(), 0
    found = Captured([], [], len(sent))
    for at, pcm in sent:
        if not any(pcm[:64]) or not any(pcm[-64:]):
            continue  # not of the noise, or of its ends
        if pcm in read_at:
            found.read.append(at - read_at[pcm])
        place_of = heard.find(pcm[-64:], position)
        if place_of >= 0:
            position = place_of
            found.due.append(at - user.at((place_of + 64) // 2))
    return found


@define
class Played:
    """How a long sound was heard."""

    seconds: float
    gaps: int
    #: seconds of silence in all of them
    silent: float
    #: what voice counted itself; ``None`` where it doesn't
    underruns: int | None


def play(who: str, place: Place, jitter: float, seconds: float) -> Played:
    """A story through a network with so much jitter (seconds)."""
    with proxy(place, "jitter", f"{jitter:g}") as through, Room() as room:
        with Contestant(who, through, room) as contestant:
            begun = time.monotonic()
            contestant.story(seconds)
            room.wait_for_quiet(2.5, seconds + 30)
            stats = contestant.ask("stats", "stats") if who == "ours" else {}
        character = room.character.recording()
    first, last = character.first(begun), character.last(begun)
    assert first is not None
    assert last is not None
    gaps = character.silences(first, last, GAP)
    return Played(last - first, len(gaps), sum(length for _, length in gaps), stats.get("underruns"))


@define
class Load:
    """What a conversation costs. Percent of one core, bytes."""

    seconds: float
    client: float
    gateway: float
    client_bytes: int
    gateway_bytes: int
    #: seconds in which somebody was heard
    user: float
    character: float


def converse(who: str, gateway: Gateway, questions: Iterable[Utterance], seconds: float, **options: Any) -> Load:
    """A conversation in which nobody interrupts, for about so long."""
    with Room() as room, Contestant(who, gateway.place, room, **options) as contestant:
        contestant.hush()
        begun, client, server = time.monotonic(), contestant.cpu(), gateway.cpu()
        spoken = 0.0
        for question in questions:
            since = time.monotonic()
            room.say(question.pcm)
            spoken += question.seconds
            wait_until(lambda since=since: room.character.heard_since(since), "", LATEST)  # type: ignore[misc]
            room.wait_for_quiet(1.2, 60.0)
            if time.monotonic() - begun >= seconds:
                break
        wall = time.monotonic() - begun
        client, server = contestant.cpu() - client, gateway.cpu() - server
        character = room.character.recording()
        sounding = len(set((character.loud(begun) // (RATE // 10)).tolist())) / 10
        return Load(
            wall, 100 * client / wall, 100 * server / wall, contestant.resident(), gateway.resident(), spoken, sounding
        )


def as_dicts(found: Any) -> Any:
    """For JSON."""
    if isinstance(found, dict):
        return {str(key): as_dicts(value) for key, value in found.items()}
    if isinstance(found, (list, tuple)):
        return [as_dicts(value) for value in found]
    return asdict(found) if hasattr(found, "__attrs_attrs__") else found
