"""The chat engine that needs no model: a deterministic companion for development and tests.

It remembers and recalls what the user told it, performs declared actions when asked to, introduces itself from its
persona and holds small talk. The same prompt always gets the same answer.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime
from typing import Optional, Union

from attrs import evolve

from . import _memories, _recall, _smalltalk
from ._actions import Intent, answer_to_question, understand
from ._arguments import question_for
from ._clauses import sentences
from ._fallback import fallback
from ._vocabulary import IMPERATIVES, name_words
from .base import ActionCall, ActionSpec, ChatPrompt, Said
from .facts import extract_facts, merge_facts

__all__ = ["Companion"]

Piece = Union[str, ActionCall]

#: Messages of history that are read again for facts.
_HISTORY = 40
#: Words a piece of streamed text.
_WORDS_PER_PIECE = 3
#: Without a delay, give way to other tasks once in so many pieces.
_PIECES_PER_YIELD = 8

_ECHO = re.compile(r"\s*(?:please )?(?:say exactly|repeat exactly|repeat after me|echo)\s?[:,][ \t]?", re.I)
_WORDS = re.compile(r"\s*\S{1,200}\s?|\s+")
_CAPABILITIES = re.compile(
    r"\bwhat (?:else )?(?:can|could) (?:you|i|we) (?:do|ask|help)\b|\bwhat (?:are you able|actions|commands|"
    r"skills|abilities)\b|"
    r"\bhow can you help\b|\bwhat (?:are|do) your (?:actions|abilities|skills|capabilities)\b|\b(?:list|"
    r"show)(?: me)?(?: all)? (?:your|the) "
    r"(?:actions|commands|abilities|skills)\b|\bwhat (?:do you|you) know how to do\b|\bwhat you can do\b|"
    r"^\s*help\s*[.!?]*$",
    re.I,
)
_TALKED = re.compile(
    r"\bwhat (?:did|were|have) we (?:last )?(?:talk|talked|talking|discuss|discussed|speak|chat)", re.I
)
_YES = re.compile(
    r"\s*(?:yes|yeah|yep|sure|ok|okay|please|of course|go on|why not|i'd love (?:to|one))(?:,? please)?[\s.!]*", re.I
)
_OFFER = re.compile(r"(?:Shall I tell you a story|A story, perhaps)\?$")
_JUST_SAID = re.compile(r"\bwhat (?:did|have) i (?:just |last )?(?:say|said|ask|asked)\b", re.I)
#: the beginning of an answer from core facts that has nothing to tell
_UNKNOWN = re.compile(r"You haven't told me|I don't know", re.I)
_FILLER = re.compile(r"[\s,.!:;]*(?:there|again|everyone|all|my friend|dear|old friend)?[\s,.!:;]*", re.I)


class Companion:
    """Answers by rules. Implements ``ChatEngine``; safe to share between conversations, as it keeps no state.

    ``chunk_delay``: seconds between the pieces of an answer, to make streaming visible. ``clock`` gives the time that
    it tells when asked.

    Facts told in the very text that is answered are understood whether or not ``prompt.facts`` holds them already. An
    ``ActionCall`` stands between two pieces of text with one space before it and none after, so that both the text
    alone and the text with a tag in its place read well.

    "Say exactly: …" is answered with the text that follows, unchanged. Nothing else puts a tag into an answer.
    """

    def __init__(self, chunk_delay: float = 0.0, *, clock: Callable[[], datetime] = datetime.now) -> None:
        if chunk_delay < 0:
            raise ValueError("chunk_delay must not be negative")
        self._chunk_delay = chunk_delay
        self._clock = clock

    @property
    def name(self) -> str:
        """What ``GET /health`` and the log call it."""
        return "companion (rule-based, for development)"

    async def reply(self, prompt: ChatPrompt) -> AsyncIterator[Piece]:
        """Yield the answer a few words at a time, with the actions it performs at their places."""
        count = 0
        for part in _Answer(prompt, self._clock).parts():
            for piece in (part,) if isinstance(part, ActionCall) else pieces(part):
                if count and self._chunk_delay:
                    await asyncio.sleep(self._chunk_delay)
                elif count and count % _PIECES_PER_YIELD == 0:
                    await asyncio.sleep(0)
                yield piece
                count += 1


def pieces(text: str) -> Iterator[str]:
    """``text`` in pieces of a few words; joined again they are the text."""
    words = _WORDS.findall(text)
    for index in range(0, len(words), _WORDS_PER_PIECE):
        yield "".join(words[index : index + _WORDS_PER_PIECE])


class _Answer:
    """One answer in the making."""

    def __init__(self, prompt: ChatPrompt, clock: Callable[[], datetime]) -> None:
        self.prompt = prompt
        self.clock = clock
        self.persona = prompt.persona if prompt.persona.name.strip() else evolve(prompt.persona, name="the companion")
        last = prompt.history[-1] if prompt.history else None
        self.new = extract_facts(prompt.text, last.content if last is not None and last.role == "assistant" else "")
        self.told_earlier, answered = _told_in(prompt.history)
        # what only its question made a fact ("Lyon." after "Where do you live?") may not have been stored as one
        stored = {**answered, **prompt.facts}
        self.facts = merge_facts(stored, self.new)

    def pick(self, options: Sequence[str]) -> str:
        """One of ``options``, chosen by the text and the length of the conversation."""
        seed = f"{len(self.prompt.history)}|{self.prompt.text}".encode("utf-8", "surrogatepass")
        return options[int.from_bytes(hashlib.blake2b(seed, digest_size=4).digest(), "big") % len(options)]

    def parts(self) -> list[Piece]:
        """The whole answer: texts, and action calls at their places."""
        text = self.prompt.text
        echo = _ECHO.match(text)
        if echo:
            return [text[echo.end() :]]
        waiting = answer_to_question(text, self.prompt.history, self.prompt.actions)
        if waiting is not None:
            return list(self._act([waiting]))
        lead: list[str] = []
        met = bool(self.prompt.history)
        before = self._known_before()
        greeted = _smalltalk.is_greeting(text)
        introduced = any(fact.key == "name" and not fact.negated for fact in self.new)
        if greeted and not (introduced and not before.get("name")):
            lead.append(_smalltalk.greeting(text, self.persona, before if introduced else self.facts, met, self.pick))
        intents = understand(text, self.prompt.actions)
        answer = None if intents else self._said()
        told = self._told(before, curious=not intents and answer is None)
        if told and not (greeted and introduced and told.startswith("Yes, ") and lead):
            lead.append(told)
        if intents:
            return [*_spaced(lead), *self._act(intents)]
        if answer is None and not told:
            rest = _FILLER.sub("", text[len(_greeting_of(text)) :], count=1) if greeted else text
            addressed = rest.strip(" ,.!?").lower() in {"", self.persona.name.lower()}
            if greeted and addressed:
                answer = _smalltalk.closing(self.persona, self.facts, met, self.pick)
            else:
                answer = self._fallback(rest)
        return [" ".join([*lead, *([answer] if answer else [])])]

    def _known_before(self) -> dict[str, list[str]]:
        """What was known before this text, even if ``prompt.facts`` already holds what it tells."""
        if not self.new:
            return {key: list(values) for key, values in self.prompt.facts.items()}
        told = self.told_earlier
        now = {(fact.key, fact.value) for fact in self.new if not fact.negated}
        before: dict[str, list[str]] = {}
        for key, values in self.prompt.facts.items():
            kept = [value for value in values if (key, value) not in now or value in told.get(key, ())]
            if kept:
                before[key] = kept
        for key, values in told.items():
            if key not in before and any((key, value) in now for value in self.prompt.facts.get(key, ())):
                before[key] = values
        return before

    def _told(self, before: dict[str, list[str]], *, curious: bool) -> str:
        if not self.new:
            return ""
        lately = " ".join(said.content for said in self.prompt.history[-8:] if said.role == "assistant")
        # what was told a moment ago may not be stored yet
        after = {**self.told_earlier, **self.facts}
        return _recall.acknowledge(self.new, before, after, self.pick, curious=curious, asked=lately)

    def _said(self) -> Optional[str]:
        """The answer to a question or a pleasantry, sentence by sentence; the first that is understood counts."""
        text = self.prompt.text[:4000]
        if _YES.fullmatch(text) and self._offered_story():
            text = "Tell me a story."
        if _CAPABILITIES.search(text):
            return self._capabilities()
        if _TALKED.search(text) or _JUST_SAID.search(text):
            return self._earlier(just=_JUST_SAID.search(text) is not None)
        asked = [body + mark for body, mark in sentences(text)] or [text]
        for sentence in asked[:40]:
            answer = _recall.recall(sentence, self.facts, self.pick)
            if answer is None or _memories.is_open(sentence) or _UNKNOWN.match(answer):
                answer = _memories.from_memories(sentence, self.prompt.memories) or answer
            if answer:
                return answer
        for sentence in asked[:40]:
            answer = _smalltalk.smalltalk(
                self._without_greeting(sentence), self.persona, self.facts, self.clock, self.pick
            )
            if answer and not (self.new and not sentence.rstrip().endswith("?") and _is_telling(sentence)):
                return answer
        return None

    def _offered_story(self) -> bool:
        last = self.prompt.history[-1] if self.prompt.history else None
        return last is not None and last.role == "assistant" and _OFFER.search(last.content) is not None

    def _without_greeting(self, sentence: str) -> str:
        rest = sentence[len(_greeting_of(sentence)) :].lstrip(" ,.!") if _smalltalk.is_greeting(sentence) else sentence
        return rest or sentence

    def _earlier(self, *, just: bool) -> str:
        said = [message.content for message in self.prompt.history if message.role == "user"]
        if not said:
            return "Nothing yet: this is the beginning of our conversation."
        if just:
            return f"You said: “{_short(said[-1])}”"
        return f"The last things you told me were: {_recall.join([f'“{_short(text)}”' for text in said[-3:]])}."

    def _capabilities(self) -> str:
        talk = "I can talk with you, remember what you tell me about yourself, and tell you a story or a joke."
        if not self.prompt.actions:
            return f"{talk} I have no other actions here."
        listed = [_described(action) for action in self.prompt.actions]
        return f"{talk} I can also do this: {'; '.join(listed)}. Just ask!"

    def _fallback(self, text: str) -> str:
        words = re.sub(
            r"^(?:please|can you|could you|would you|will you|now|then)\s+", "", text.strip().lower()
        ).split()
        commanded = bool(words) and words[0] in IMPERATIVES - {
            "look",
            "wait",
            "rest",
            "get",
            "come",
            "let",
            "text",
            "light",
            "rose",
        }
        can = [" ".join(name_words(action.name)) for action in self.prompt.actions[:6]]
        return fallback(text, self.facts, can, commanded and not text.rstrip().endswith("?"), self.pick)

    # --- actions --------------------------------------------------------------------------------------------------

    def _act(self, intents: Sequence[Intent]) -> Iterator[Piece]:
        """Texts and calls for what was asked, each call between a word before and a word after."""
        performed = [intent for intent in intents if intent.kind == "perform"]
        for index, intent in enumerate(intents):
            space = " " if index else ""
            if intent.kind == "perform":
                yield f"{space}{self._before(intent, first=intent is performed[0])} "
                yield ActionCall(intent.action.name, dict(intent.arguments))
                yield self._after(intent)
            else:
                yield f"{space}{self._instead(intent)}"

    def _before(self, intent: Intent, *, first: bool) -> str:
        doing = intent.doing
        if not first:
            return f"{doing[:1].upper()}{doing[1:]} as well." if doing else "And that too."
        if intent.concept == "go" and not doing:
            place = next((str(value) for value in intent.arguments.values() if isinstance(value, str)), "")
            return f"Sure, to {_the(place)}!" if place else "Sure, let's go!"
        if doing:
            return self.pick((f"Sure, {doing}!", f"Of course, {doing}.", f"With pleasure, {doing}."))
        return self.pick(("Sure!", "Of course.", "With pleasure."))

    def _after(self, intent: Intent) -> str:
        if intent.concept == "go":
            return self.pick(("Follow me.", "This way, please.", "Here we go."))
        if intent.concept == "play":
            return self.pick(("Enjoy!", "I hope you like it."))
        return self.pick(("There you go.", "Done!", "All set."))

    def _instead(self, intent: Intent) -> str:
        what = " ".join(name_words(intent.action.name)) or intent.action.name
        if intent.kind == "ask" and intent.parameter is not None:
            return f"{self.pick(('Gladly!', 'Sure!', 'Of course.'))} {question_for(intent.action, intent.parameter)}"
        if intent.kind == "refuse":
            return self.pick(
                (
                    f"All right, I won't{' do that' if not intent.doing else ''}{_plain_verb(intent)}.",
                    "Understood, I'll leave it as it is.",
                )
            )
        if intent.kind == "explain":
            need = [parameter for parameter in intent.action.parameters if parameter.required]
            hint = f" Just tell me {_recall.join([_label(p.name) for p in need])}." if need else " Just ask me to."
            verb = what.split(" ")[0] in IMPERATIVES
            return f"Yes, {'I can ' if verb else 'that is something I can do: '}{_described(intent.action)}.{hint}"
        return (
            f"I can only do that ({what}) right away, not at a later time or on a condition. Tell me when the "
            f"moment has come."
        )


def _told_in(history: Sequence[Said]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The facts that the user told in ``history``, and those among them that were bare answers to a question."""
    told: dict[str, list[str]] = {}
    answered: dict[str, list[str]] = {}
    before = ""
    for said in history[-_HISTORY:]:
        if said.role == "user" and len(said.content) <= 1000:
            plainly = extract_facts(said.content)
            for fact in plainly:
                answered.pop(fact.key, None)
            bare = [] if plainly else extract_facts(said.content, before)
            told = merge_facts(told, [*plainly, *bare])
            answered = merge_facts(answered, bare)
        before = said.content if said.role == "assistant" else ""
    return told, answered


def _plain_verb(intent: Intent) -> str:
    return f": no {intent.doing}, then" if intent.doing else ""


def _label(name: str) -> str:
    return "the " + (" ".join(name_words(name)) or name)


def _the(place: str) -> str:
    return (
        place if place[:1].isupper() or " " in place or place in {"home", "bed", "work", "school"} else f"the {place}"
    )


def _described(action: ActionSpec) -> str:
    what = " ".join(name_words(action.name)) or action.name
    about = " ".join(action.description.split()).rstrip(".")
    return f"{what} ({about[:1].lower()}{about[1:]})" if about else what


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 120 else f"{text[:119]}…"


def _spaced(lead: Sequence[str]) -> list[str]:
    return [" ".join(lead) + " "] if lead else []


def _greeting_of(text: str) -> str:
    match = _smalltalk.GREETING.match(text.replace("’", "'"))
    return match[0] if match else ""


def _is_telling(sentence: str) -> bool:
    return re.match(r"\s*(?:i|my|we|call|our)\b", sentence, re.I) is not None
