"""Stands in for the companion until that is there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Union

from .base import ActionCall, ChatPrompt


class Echo:
    """Says what it heard."""

    name = "echo"

    async def reply(self, prompt: ChatPrompt) -> AsyncIterator[Union[str, ActionCall]]:
        """Yield the answer in pieces."""
        yield f"{prompt.persona.name} heard: "
        for word in prompt.text.split():
            yield word + " "
