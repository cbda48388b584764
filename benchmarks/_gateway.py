"""The gateway, one for each dialect, in a process of its own that ends when its standard input does."""

from __future__ import annotations

import json
import os
import sys
from typing import AsyncIterator

from _answers import pieces

from estuary.gateway import serve
from estuary.gateway.engines.base import ChatPrompt


class Engine:
    """Answers without thinking, so that what is measured is the way of the answer."""

    name = "benchmark"

    async def reply(self, prompt: ChatPrompt) -> AsyncIterator[str]:
        for piece in pieces(prompt.text):
            yield piece


def main() -> None:
    with (
        serve(chat=Engine(), dialect="cumulative", history=0) as a,
        serve(chat=Engine(), dialect="delta", history=0) as b,
    ):
        places = {
            gateway.options.dialect: {
                "pid": os.getpid(),
                "url": gateway.url,
                "api_key": gateway.api_key,
                "character_id": gateway.character_id,
            }
            for gateway in (a, b)
        }
        print(json.dumps(places), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
