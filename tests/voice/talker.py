"""A program with a session and voice on real devices, which does what it is told on stdin and prints what happens.

Each event is one line, ``seconds name {json}``; orders are Python expressions over ``session`` and ``voice``, whose
value is printed as ``seconds value "repr"``. Tests run it with ``pulse.Program``.
"""

import json
import sys
import threading
import time

from estuary import Session

EVENTS = (
    "voice_started", "voice_stopped", "transcript", "playback_started", "playback_finished", "interrupted", "response",
    "voice_timeout", "error",
)  # fmt: skip
lock = threading.Lock()


def say(name, **fields):
    with lock:
        print(f"{time.monotonic():.3f} {name} {json.dumps(fields)}", flush=True)


def teller(name):
    def tell(event):
        if isinstance(event, Exception):
            say(name, type=type(event).__name__, text=str(event))
        else:
            names = ("text", "is_final", "message_id", "reason", "delta")
            say(name, **{n: getattr(event, n) for n in names if hasattr(event, n)})

    return tell


def main():
    options = json.loads(sys.argv[1])
    with Session() as session:
        for name in EVENTS:
            session.on(name, teller(name))
        voice = session.voice(**options)
        voice.start()
        say("ready", echo=voice.echo)
        names = {"session": session, "voice": voice, "time": time, "threading": threading}
        for line in sys.stdin:
            try:
                say("value", value=repr(eval(line, names)))
            except Exception as error:
                say("raised", type=type(error).__name__, text=str(error))
        voice.stop()
    say("over")


main()
