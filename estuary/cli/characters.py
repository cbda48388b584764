"""``estuary characters``: who can be talked to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple

import click
from rich.console import RenderableType
from rich.text import Text

from .common import CONTEXT, Failure, Target, clean, debug_option, one_line, plural, target_options
from .output import Column, Rows, busy, confirm, day, document, minute, read_json, say, show

if TYPE_CHECKING:
    from ..rest.models import Character
    from ..rest.pages import Pages

__all__ = ["characters"]

#: option, type, what it is: everything of a character that is one value
_VALUES: Tuple[Tuple[str, Any, str], ...] = (
    ("--tagline", str, "Who it is, in a few words."),
    ("--personality", str, "How it is and talks."),
    ("--background", str, "Its story."),
    ("--system-prompt", str, "What the model is told besides."),
    ("--avatar", str, "Address of a picture."),
    ("--llm-provider", str, "Whose model thinks for it."),
    ("--llm-model", str, "Which model thinks for it."),
    ("--llm-temperature", float, "0 to 2: how freely."),
    ("--llm-max-tokens", int, "How long an answer may be."),
    ("--llm-verbosity", str, "How talkative it is."),
    ("--tts-provider", str, "Whose voices."),
    ("--tts-model", str, "Which model speaks."),
    ("--tts-voice", str, "Which voice."),
    ("--tts-voice-preset", str, "Which kind of voice."),
    ("--tts-speed", float, "How fast it speaks; 1 is normal."),
    ("--tts-delivery-mode", str, "How speech is delivered."),
    ("--stt-provider", str, "Who writes down what it hears."),
    ("--stt-language", str, "In which language it listens."),
    ("--vad-sensitivity", float, "0 to 1: what it takes for speech."),
    ("--vad-min-speech-duration-ms", int, "Milliseconds that speech takes at least."),
    ("--vlm-model", str, "Which model sees for it."),
)
_SWITCHES: Tuple[Tuple[str, str, str], ...] = (
    ("--text-only/--spoken", "text_only", "Whether it never speaks aloud."),
    ("--verbose/--no-verbose", "verbose", "Whether it explains itself."),
    ("--public/--private", "is_public", "Whether others may talk to it."),
)


def _character_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The flat arguments of ``Client.characters.create``."""
    decorated = click.option(
        "--actions", metavar="FILE.json", help="What it can do: a JSON list of declarations; - reads it from a pipe."
    )(function)
    for names, variable, words in reversed(_SWITCHES):
        decorated = click.option(names, variable, default=None, help=words)(decorated)
    for name, kind, words in reversed(_VALUES):
        metavar = {str: "TEXT", int: "N", float: "NUMBER"}[kind]
        decorated = click.option(name, type=kind, metavar=metavar, help=words)(decorated)
    return decorated


@click.group("characters", context_settings=CONTEXT)
@debug_option
def characters() -> None:
    """List, make, show, change and delete characters."""


@characters.command("list", short_help="List them, newest first.", context_settings=CONTEXT)
@click.option("--player", metavar="ID", help="Only those that this player may see.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many, newest first.")
@target_options(character=False)
def listing(target: Target, player: Optional[str], limit: Optional[int]) -> None:
    """List the characters, newest first."""
    with target.client() as client:
        found = client.characters.list(player_id=player, page_size=min(limit or 50, 50), progress=busy())
        listed = _first(found, limit)
    if target.as_json:
        document(listed)
    elif not listed:
        say("there are no characters yet: estuary characters create NAME", aside=True)
    else:
        columns = [
            Column("ID"),
            Column("NAME", wraps=True),
            Column("TAGLINE", wraps=True, at=70),
            Column("MADE", at=90),
        ]
        show(Rows(columns, [(c.id, c.name, c.tagline, day(c.created_at)) for c in listed]))


def _first(found: Pages[Character], limit: Optional[int]) -> List[Character]:
    listed: List[Character] = []
    for character in found:
        listed.append(character)
        if limit is not None and len(listed) >= limit:
            break
    return listed


@characters.command("show", short_help="Show all of one.", context_settings=CONTEXT)
@click.argument("character", metavar="[ID]", required=False)
@target_options(character=False)
def showing(target: Target, character: Optional[str]) -> None:
    """Show all of the character ID (else ESTUARY_CHARACTER_ID)."""
    which = Target(character=character).character_id
    with target.client() as client:
        found = client.characters.get(which)
    if target.as_json:
        document(found)
        return
    show(*_described(found))


@characters.command("create", short_help="Make one.", context_settings=CONTEXT)
@click.argument("name")
@_character_options
@target_options(character=False)
def create(target: Target, name: str, actions: Optional[str], **given: Any) -> None:
    """Make a character called NAME. What is not given is up to the server.

    \b
        estuary characters create Ada --personality "precise and kind" --actions actions.json
    """
    options = _given(given, actions)
    with target.client() as client:
        made = client.characters.create(name, **options)
    if target.as_json:
        document(made)
        return
    say(f"{made.name} was made: {made.id}")
    say(f"to talk to it: estuary chat --character {made.id}", aside=True)


@characters.command("edit", short_help="Change some of one.", context_settings=CONTEXT)
@click.argument("character", metavar="ID")
@click.option("--name", metavar="TEXT", help="What it is called.")
@_character_options
@target_options(character=False)
def edit(target: Target, character: str, actions: Optional[str], **given: Any) -> None:
    """Change what is given of the character ID, and leave the rest. An empty text ("") clears.

    \b
        estuary characters edit ID --name Grace --llm-temperature 0.3
    """
    options = _given(given, actions)
    if not options:
        raise click.UsageError("There is nothing to change: give at least one option.")
    with target.client() as client:
        changed = client.characters.update(character, **options)
    if target.as_json:
        document(changed)
    else:
        say(f"{changed.name} was changed: {', '.join(sorted(options))}")


@characters.command("delete", short_help="Delete one for good.", context_settings=CONTEXT)
@click.argument("character", metavar="ID")
@click.option("--yes", is_flag=True, help="Don't ask.")
@target_options(character=False)
def delete(target: Target, character: str, yes: bool) -> None:
    """Delete the character ID for good, with its conversations and all that it remembers."""
    with target.client() as client:
        found = client.characters.get(character)
        name = one_line(found.name) or character
        if not yes:
            stats = client.conversations.stats(character)
            confirm(
                f"Delete {name} ({character}) for good, with {plural(stats.total_conversations, 'conversation')} and "
                f"{plural(stats.total_messages, 'message')}?",
                yes=yes,
            )
        client.characters.delete(character)
    if target.as_json:
        document({"deleted": found.id})
    else:
        say(f"{name} was deleted")


def _given(values: Dict[str, Any], actions: Optional[str]) -> Dict[str, Any]:
    options = {name: value for name, value in values.items() if value is not None}
    if actions is not None:
        options["actions"] = _declarations(actions)
    return options


def _declarations(source: str) -> List[Dict[str, Any]]:
    found = read_json(source)
    if not isinstance(found, list) or not all(isinstance(item, dict) and item.get("name") for item in found):
        raise Failure(
            f"{source} must hold a list of actions, each an object with a name: "
            "ActionRegistry.declarations() gives such a list"
        )
    return found


#: heading → fields, as they are shown
_SECTIONS: Tuple[Tuple[str, Tuple[Tuple[str, str], ...]], ...] = (
    (
        "who it is",
        (
            ("tagline", "tagline"),
            ("personality", "personality"),
            ("background", "background"),
            ("appearance", "appearance"),
            ("system prompt", "system_prompt"),
            ("avatar", "avatar"),
        ),
    ),
    (
        "how it thinks",
        (
            ("provider", "llm_provider"),
            ("model", "llm_model"),
            ("temperature", "llm_temperature"),
            ("max tokens", "llm_max_tokens"),
            ("verbosity", "llm_verbosity"),
        ),
    ),
    (
        "how it speaks",
        (
            ("provider", "tts_provider"),
            ("model", "tts_model"),
            ("voice", "tts_voice"),
            ("speed", "tts_speed"),
            ("delivery", "tts_delivery_mode"),
        ),
    ),
    (
        "how it listens and sees",
        (
            ("provider", "stt_provider"),
            ("language", "stt_language"),
            ("sensitivity", "vad_sensitivity"),
            ("min. speech", "vad_min_speech_duration_ms"),
            ("vision", "vlm_model"),
        ),
    ),
    (
        "other",
        (
            ("text only", "text_only"),
            ("verbose", "verbose"),
            ("public", "is_public"),
            ("active", "is_active"),
            ("3D model", "model_status"),
            ("made", "created_at"),
            ("changed", "updated_at"),
        ),
    ),
)


def _described(character: Character) -> List[RenderableType]:
    parts: List[RenderableType] = [Text.assemble((one_line(character.name), "bold"), f"  {one_line(character.id)}")]
    for heading, names in _SECTIONS:
        rows = [(label, _value(getattr(character, name))) for label, name in names]
        rows = [(label, value) for label, value in rows if value]
        if rows:
            parts += [Text(f"\n{heading}", style="bold"), _pairs(rows)]
    if character.actions:
        parts.append(Text("\nwhat it can do", style="bold"))
        rows = []
        for action in character.actions:
            arguments = ", ".join(str(parameter.get("name", "?")) for parameter in action.parameters)
            rows.append((f"{action.name}({arguments})", action.description or ""))
        parts.append(_pairs(rows))
    return parts


def _pairs(rows: List[Tuple[str, str]]) -> RenderableType:
    columns = [Column("", style="cyan", wraps=True), Column("", wraps=True)]
    made = [(Text(f"  {one_line(label)}"), Text(clean(value).strip())) for label, value in rows]
    return Rows(columns, made, heading=False)


def _value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if hasattr(value, "astimezone"):
        return minute(value)
    return str(value)
