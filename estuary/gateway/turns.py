"""The turns of one session: one at a time, interruptible, stored. Knows nothing of sockets.

A turn goes through five steps: the user's message is committed; the engine answers and its pieces are sent; what was
said is committed; the final message is sent; the memory begins to draw from the message. Whoever interrupts only marks
the turn and stops its engine, so all but the second step always happen, and the next turn begins when they have.

A turn aloud is spoken from the second step on, and is under way until all its audio is sent. After that it may still
sound at the client: an interruption then has nothing to stop here, but the client is told to be silent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Optional

from ..actions import ActionParser
from .engines.base import ActionCall, ActionSpec, ChatEngine, ChatPrompt, EngineError
from .memory.service import MemoryService
from .settings import GatewayOptions
from .speech import Speech, action_tag, timestamp
from .storage.database import Database
from .storage.tables import new_id
from .storage.turnlog import NoSuchCharacter, QuotaReached, TurnLog, TurnStart
from .voice.speaking import Mouth, Speaking
from .wire import Wire

__all__ = ["Turns", "typed_arguments"]

log = logging.getLogger("estuary.gateway")

#: pieces sent between two looks at the rest of the world
_BREATH = 32
#: an engine that goes on for so long after it was stopped is left behind
_STOP_SECONDS = 2.0
#: characters in one chunk of a scripted line
_LINE_CHUNK = 80


class _Turn:
    """One message of the character, from the text that asks for it to its end."""

    def __init__(self, wire: Wire, options: GatewayOptions, *, typed: bool, mouth: Optional[Mouth] = None) -> None:
        self.message_id = new_id()
        self.interrupted = False
        self.worker: Optional[asyncio.Task[None]] = None
        self.specs: Mapping[str, ActionSpec] = {}
        self._speech = Speech(wire, self.message_id, dialect=options.dialect, final_text=options.final_text)
        self._aloud: Optional[Speaking] = None if mouth is None else mouth.message(self.message_id)
        self._typed = typed
        self._parser = ActionParser()
        self._said: list[str] = []
        self._after_action = False

    def say(self, text: str) -> None:
        """Send a piece of text. Tags in it become typed events for the clients that want them."""
        if not self._typed:
            self._utter(text)
            return
        parsed = self._parser.feed(text)
        for action in parsed.actions:
            spec = self.specs.get(action.name)
            self._speech.act(action.name, typed_arguments(spec, action.arguments))
        self._show(parsed.text)

    def act(self, call: ActionCall) -> None:
        """Send an action in the form the client takes."""
        if self._typed:
            self._speech.act(call.name, call.arguments)
            self._after_action = bool(self._said) and self._said[-1][-1:].isspace()
        else:
            tag = action_tag(call.name, call.arguments)
            self._said.append(tag)
            self._speech.say(tag)

    def flush(self) -> None:
        """The engine is done: what the parser still holds was no tag."""
        if self._typed:
            self._show(self._parser.finish().text)

    def finish(self) -> None:
        """Send the final message. The last of its audio comes later: see ``spoken()``."""
        self._speech.finish()
        if self._aloud is not None:
            self._aloud.finish()

    def fail(self) -> None:
        """It ends with an error in place of the final message; what was said is still spoken."""
        if self._aloud is not None:
            self._aloud.finish() if self._said else self._aloud.cancel()

    def silence(self) -> None:
        """Send no more audio."""
        if self._aloud is not None:
            self._aloud.cancel()

    @property
    def speaking(self) -> bool:
        """Whether there is audio to be sent yet."""
        return self._aloud is not None and self._aloud.busy

    async def spoken(self) -> None:
        """Wait until all its audio is sent, or no more will be."""
        if self._aloud is not None:
            await self._aloud.sent()

    @property
    def text(self) -> str:
        """What was said, without tags."""
        text = "".join(self._said)
        if self._typed or "<" not in text:
            return text
        parser = ActionParser()
        return parser.feed(text).text + parser.finish().text

    def _show(self, text: str) -> None:
        if self._after_action and text:
            # as in the tagged form, where the reader closes the double space that a tag leaves
            self._after_action = False
            text = text[1:] if text[0] == " " else text
        if text:
            self._utter(text)

    def _utter(self, text: str) -> None:
        self._said.append(text)
        self._speech.say(text)
        if self._aloud is not None:
            self._aloud.say(text)


class Turns:
    """Runs the turns of one session.

    Args:
        wire: the client.
        database, turn_log: where the conversation is kept.
        memory: what is remembered of the player.
        engine: what answers.
        key_id: the key that the messages count for.
        typed_actions: whether the client takes ``client_action`` events.
        mouth: what speaks to the client; ``None`` if it can't listen.

    All methods belong on the event loop and return at once; the work is done by tasks.
    """

    def __init__(
        self,
        *,
        wire: Wire,
        database: Database,
        turn_log: TurnLog,
        memory: MemoryService,
        engine: ChatEngine,
        options: GatewayOptions,
        character_id: str,
        player_id: str,
        key_id: Optional[str] = None,
        typed_actions: bool = False,
        mouth: Optional[Mouth] = None,
    ) -> None:
        self._wire = wire
        self._db = database
        self._turn_log = turn_log
        self._memory = memory
        self._engine = engine
        self._options = options
        self._character_id = character_id
        self._player_id = player_id
        self._pair = (character_id, player_id)
        self._key_id = key_id
        self._typed_actions = typed_actions
        self._mouth = mouth
        self._current: Optional[_Turn] = None
        self._last_id: Optional[str] = None
        self._last_task: Optional[asyncio.Task[None]] = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> bool:
        """Whether a turn is under way."""
        return bool(self._tasks)

    @property
    def backlog(self) -> int:
        """Turns under way, counting the interrupted ones that are still being stored."""
        return len(self._tasks)

    @property
    def sounding(self) -> bool:
        """Whether the client still plays what was said."""
        return self._mouth is not None and self._mouth.playback.sounding is not None

    def text(self, text: str, *, aloud: bool = False) -> None:
        """The user said something: interrupt what is being said and answer it, spoken as well if ``aloud``."""
        self._stop("new_message")
        turn = self._begin(aloud)
        self._spawn(self._answer(turn, text, self._last_task))

    def say_line(self, text: str, *, aloud: bool = False) -> None:
        """Interrupt what is being said and say this instead, spoken as well if ``aloud``."""
        self._stop("say_line")
        turn = self._begin(aloud)
        self._spawn(self._recite(turn, text, self._last_task))

    def interrupt(self, message_id: Optional[str] = None) -> None:
        """The client wants silence, of one message or of whatever is being said. Always answered with ``interrupt``."""
        current = self._current
        if current is not None and message_id in (None, current.message_id):
            self._stop("client_interrupt")
        else:
            if self._mouth is not None:
                self._mouth.playback.stop(message_id)
            # nothing of it is being said any more: say so, without stopping another message
            self._send_interrupt(message_id or self._last_id, "client_interrupt")

    def barge_in(self) -> None:
        """The user speaks: whatever is being said, or still sounds, ends."""
        self._stop("barge_in")

    async def settle(self) -> None:
        """Wait until one of the turns under way is over."""
        if self._tasks:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def close(self, timeout: float = 5.0) -> None:
        """The client is gone: stop, and wait until what was said is stored."""
        self._stop(None)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout)

    # --- inside

    def _begin(self, aloud: bool) -> _Turn:
        turn = _Turn(self._wire, self._options, typed=self._typed_actions, mouth=self._mouth if aloud else None)
        self._current = turn
        self._last_id = turn.message_id
        return turn

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._last_task = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _stop(self, reason: Optional[str]) -> None:
        turn, self._current = self._current, None
        silenced = None
        if self._mouth is not None:
            silenced = self._mouth.playback.sounding
            self._mouth.playback.stop()
        if turn is not None:
            silenced = turn.message_id
            turn.interrupted = True
            turn.silence()
            if turn.worker is not None:
                turn.worker.cancel()
        if silenced is not None and reason is not None:
            self._send_interrupt(silenced, reason)

    def _send_interrupt(self, message_id: Optional[str], reason: str) -> None:
        payload = {"reason": reason, "interrupted_at": timestamp()}
        if message_id is not None:
            payload["message_id"] = message_id
        self._wire.send("interrupt", payload)

    def _end(self, turn: _Turn, event: Optional[str] = None, payload: Any = None) -> None:
        """The turn is over. Tell the client how, unless it was told that it is interrupted."""
        if turn.interrupted:
            return
        if event is None:
            turn.finish()
        else:
            self._wire.send(event, payload)
            turn.fail()
        if self._current is turn and not turn.speaking:
            self._current = None

    async def _fall_silent(self, turn: _Turn) -> None:
        """Wait until its audio is sent too, if it is aloud."""
        await turn.spoken()
        if self._current is turn:
            self._current = None

    async def _answer(self, turn: _Turn, text: str, previous: Optional[asyncio.Task[None]]) -> None:
        claim = self._memory.claim()
        start: Optional[TurnStart] = None
        try:
            await _done(previous)
            await self._memory.settled(self._pair)
            start = await self._db.run(
                self._turn_log.begin_turn,
                self._character_id,
                self._player_id,
                text,
                history=self._options.history,
                key_id=self._key_id,
                quota=self._options.quota,
                claim=claim,
            )
        except QuotaReached as full:
            return self._end(turn, "quota_exceeded", _quota(full))
        except NoSuchCharacter:
            return self._end(turn, "error", {"message": "the character no longer exists"})
        except Exception:
            log.exception("a message could not be stored")
            return self._end(turn, "error", {"message": "the message could not be stored, so it was not answered"})
        finally:
            if start is None:
                self._memory.drop(claim)
        turn.specs = {spec.name: spec for spec in start.actions}
        problem = None
        if not turn.interrupted:
            problem = await self._run(turn, self._speak(turn, start, text))
        await self._store(turn, failed=problem is not None)
        if problem is None:
            self._end(turn)
        else:
            self._end(turn, "error", {"message": problem})
        self._memory.turn_over(self._pair, start.conversation_id, start.message, claim, turn.text)
        await self._fall_silent(turn)

    async def _recite(self, turn: _Turn, line: str, previous: Optional[asyncio.Task[None]]) -> None:
        await _done(previous)
        if turn.interrupted:
            return
        problem = await self._run(turn, self._read_out(turn, line))
        await self._store(turn, failed=problem is not None)
        if problem is None:
            self._end(turn)
        else:
            self._end(turn, "error", {"message": problem})
        await self._fall_silent(turn)

    async def _run(self, turn: _Turn, work: Coroutine[Any, Any, None]) -> Optional[str]:
        """Run the part of a turn that an interruption stops. Returns what went wrong, if something did."""
        worker = turn.worker = asyncio.get_running_loop().create_task(work)
        while not worker.done():
            await asyncio.wait({worker}, timeout=_STOP_SECONDS if turn.interrupted else None)
            if turn.interrupted and not worker.done():
                log.warning("the chat engine %s does not stop when it is told to", self._engine.name)
                return None
        if worker.cancelled() or turn.interrupted:
            if not worker.cancelled() and worker.exception() is not None:
                log.info("an interrupted answer ended with %r", worker.exception())
            return None
        error = worker.exception()
        if error is None:
            return None
        if isinstance(error, EngineError):
            log.warning("the chat engine %s could not answer: %s", self._engine.name, error)
            return str(error) or "the chat engine could not answer"
        log.error("the chat engine %s failed", self._engine.name, exc_info=error)
        return "the character could not answer: its chat engine failed"

    async def _speak(self, turn: _Turn, start: TurnStart, text: str) -> None:
        memories = await self._memory.recall(start.conversation_id, start.memory_version, text)
        pieces = self._engine.reply(_prompt(start, text, memories))
        try:
            count = 0
            async for piece in pieces:
                if turn.interrupted:
                    return
                if isinstance(piece, str):
                    turn.say(piece)
                elif isinstance(piece, ActionCall):
                    turn.act(piece)
                else:
                    raise TypeError(f"the chat engine yielded {type(piece).__name__}, not str or ActionCall")
                if not await self._heard(turn):
                    return
                count += 1
                if not count % _BREATH:
                    await asyncio.sleep(0)
            turn.flush()
        finally:
            close = getattr(pieces, "aclose", None)
            if close is not None:
                await close()

    async def _read_out(self, turn: _Turn, line: str) -> None:
        for start in range(0, len(line), _LINE_CHUNK):
            turn.say(line[start : start + _LINE_CHUNK])
            if not await self._heard(turn):
                return
            await asyncio.sleep(0)
        turn.flush()

    async def _heard(self, turn: _Turn) -> bool:
        """Wait for a client that reads slowly. Returns whether there still is one."""
        if self._wire.congested:
            await self._wire.room()
        if self._wire.closed:
            turn.interrupted = True
        return not turn.interrupted

    async def _store(self, turn: _Turn, *, failed: bool = False) -> None:
        status = "interrupted" if turn.interrupted else "failed" if failed else "complete"
        try:
            await self._db.run(
                self._turn_log.end_turn,
                self._character_id,
                self._player_id,
                turn.text,
                message_id=turn.message_id,
                status=status,
            )
        except NoSuchCharacter:
            log.info("a character was removed during a turn: what it said is not kept")
        except Exception:
            log.exception("an answer could not be stored")


async def _done(task: Optional[asyncio.Task[None]]) -> None:
    if task is not None and not task.done():
        await asyncio.wait({task})


def _prompt(start: TurnStart, text: str, memories: Sequence[str]) -> ChatPrompt:
    return ChatPrompt(
        persona=start.persona,
        text=text,
        history=start.history,
        facts=start.facts,
        memories=memories,
        actions=start.actions,
        model=start.model,
        temperature=start.temperature,
        max_tokens=start.max_tokens,
    )


def _quota(full: QuotaReached) -> dict[str, Any]:
    return {
        "message": f"the quota of {full.limit} messages is used up",
        "current": full.current,
        "limit": full.limit,
        "remaining": max(0, full.limit - full.current),
        "tier": "local",
    }


def typed_arguments(spec: Optional[ActionSpec], arguments: Mapping[str, str]) -> dict[str, Any]:
    """The attributes of a tag with the JSON types that the action declares; what does not fit stays a string.

    >>> from estuary.gateway.engines.base import ParameterSpec
    >>> spec = ActionSpec("turn", parameters=[ParameterSpec("degrees", "number"), ParameterSpec("fast", "boolean")])
    >>> typed_arguments(spec, {"degrees": "90", "fast": "true", "why": "because"})
    {'degrees': 90, 'fast': True, 'why': 'because'}
    """
    types = {} if spec is None else {parameter.name: parameter.type for parameter in spec.parameters}
    return {name: _typed(types.get(name, "string"), value) for name, value in arguments.items()}


def _typed(kind: str, value: str) -> Any:
    text = value.strip()
    if kind in ("boolean", "bool") and text.lower() in ("true", "false"):
        return text.lower() == "true"
    readers: Sequence[Callable[[str], Any]] = ()
    if kind in ("integer", "int"):
        readers = (int,)
    elif kind in ("number", "float", "double"):
        readers = (int, float)
    for read in readers:
        try:
            number = read(text)
        except ValueError:
            continue
        return number if abs(number) < 1e300 else value
    return value
