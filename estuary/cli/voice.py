"""``estuary voice``: the options, and the two ends of the audio that they name."""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, Optional

import click
from rich.console import Console

from .common import CONTEXT, Failure, debug_option, device, plain_streams, short_path
from .opening import Partner, partner_options

__all__ = ["voice"]


@click.command("voice", short_help="Speak with a character.", context_settings=CONTEXT)
@partner_options("voice")
@click.option("--push-to-talk", is_flag=True, help="The character listens while you hold the space bar, only.")
@click.option(
    "--input", "heard", type=click.Path(dir_okay=False), metavar="FILE", help="A wav file to speak, not the microphone."
)
@click.option(
    "--output", "spoken", type=click.Path(dir_okay=False), metavar="FILE", help="A wav file to write, not the speaker."
)
@click.option("--device-in", metavar="DEVICE", help="Which microphone: its index, or a part of its name.")
@click.option("--device-out", metavar="DEVICE", help="Which speaker: its index, or a part of its name.")
@click.option("--list-devices", is_flag=True, help="Show the microphones and speakers that there are.")
@click.option(
    "--echo",
    type=click.Choice(["auto", "cancel", "suppress", "off"]),
    default="auto",
    show_default=True,
    help="What is done about the microphone hearing the speaker: cancel it (pip install 'estuary-sync[livekit]'), "
    "suppress the microphone meanwhile, or nothing, for headphones.",
)
@click.option(
    "--volume",
    type=click.FloatRange(0, 4),
    default=1.0,
    show_default=True,
    metavar="FACTOR",
    help="How loud the character speaks, 0 to 4.",
)
@click.option("--no-barge-in", is_flag=True, help="Mute the microphone while the character speaks.")
@debug_option
def voice(
    partner: Partner,
    push_to_talk: bool,
    heard: Optional[str],
    spoken: Optional[str],
    device_in: Optional[str],
    device_out: Optional[str],
    list_devices: bool,
    echo: str,
    volume: float,
    no_barge_in: bool,
) -> int:
    """Speak with a character, and hear it answer.

    In a terminal, levels, what is understood and what the character says show as they come. m mutes the microphone, i
    or Escape interrupts, + and - change the volume, q or Ctrl-C leaves. With --push-to-talk the space bar talks: hold
    it, or press it once to begin and once to end.

    It needs no sound card with files, and no terminal then:

    \b
        estuary voice --local --input question.wav --output answer.wav
    """
    plain_streams()
    if list_devices:
        return _list_devices()
    for file, end, what in ((heard, device_in, "in"), (spoken, device_out, "out")):
        if file is not None and end is not None:
            raise click.UsageError(f"--{what}put and --device-{what} exclude each other: the file takes its place.")
    if push_to_talk and heard is not None:
        raise click.UsageError("--push-to-talk and --input exclude each other: nobody holds a key for a file.")
    interactive = _in_terminal()
    if push_to_talk and not interactive:
        raise click.UsageError("--push-to-talk needs a terminal, where the space bar is the key.")
    from ..voice.files import WavFile

    options: Dict[str, Any] = {
        "mode": "push_to_talk" if push_to_talk else "continuous",
        "echo": echo,
        "volume": volume,
        "barge_in": not no_barge_in,
        "source": WavFile(_readable(heard), mode="r") if heard is not None else _device("Microphone", device_in),
        "sink": WavFile(spoken, mode="w") if spoken is not None else _device("Speaker", device_out),
    }
    from .spoken import Plain, Spoken

    console = Console(highlight=False, markup=False, emoji=False)
    with partner.open(console, interactive=interactive) as opened:
        if interactive:
            return Spoken(console, opened, options).run()
        return Plain(opened, options, None if heard is None else short_path(heard)).run()


def _in_terminal() -> bool:
    from .keys import Keys

    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and Keys.possible


def _readable(path: str) -> str:
    """What is wrong with the file is said before anything is connected."""
    from ..voice.files import WavFile

    file = WavFile(path, mode="r")
    file.open(16_000)
    file.close()
    return path


def _device(kind: str, wanted: Optional[str]) -> Any:
    from ..voice import devices

    return getattr(devices, kind)(device(wanted))


def _list_devices() -> int:
    from ..voice.devices import list_devices
    from .output import Column, Rows, show

    found = list_devices()
    if not found:
        raise Failure("there is no sound device. --input and --output speak with files instead")
    columns = [
        Column("index", right=True),
        Column("device", wraps=True),
        Column("in", right=True),
        Column("out", right=True),
        Column("rate", right=True),
        Column("default"),
    ]
    rows = [
        (
            str(each.index),
            each.name,
            str(each.max_input_channels or ""),
            str(each.max_output_channels or ""),
            f"{each.default_sample_rate} Hz",
            " and ".join(
                name
                for name, is_default in (("input", each.is_default_input), ("output", each.is_default_output))
                if is_default
            ),
        )
        for each in found
    ]
    show(Rows(columns, rows))
    return 0
