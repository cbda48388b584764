"""Gateways in a process of their own that ends when its standard input does: one that remembers, one that doesn't.

The arguments are two databases; the places of both gateways are printed as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator

from estuary.gateway import serve
from estuary.gateway.engines.base import ChatPrompt

ANSWER = "I see. Tell me more about it when you have a moment, I would like to know."


class Engine:
    """Answers without thinking, so that what is measured is what memory adds."""

    name = "benchmark"

    async def reply(self, prompt: ChatPrompt) -> AsyncIterator[str]:
        yield ANSWER


def main() -> None:
    remembering, forgetful = sys.argv[1:]
    with serve(db=remembering, chat=Engine()) as a, serve(db=forgetful, chat=Engine(), memory=False) as b:
        places = [{"url": g.url, "api_key": g.api_key, "character_id": g.character_id} for g in (a, b)]
        print(json.dumps({"pid": os.getpid(), "remembering": places[0], "forgetful": places[1]}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
