"""The making of 3D models in the background: one task for each, its calculations on a thread of the database."""

from __future__ import annotations

import asyncio
import logging
from typing import Optional

from ... import _version
from ..storage.database import Database
from ..storage.generation import File, GenerationStore, Model, ModelFiles
from .colors import Color, from_hex, hashed_palette

__all__ = ["ModelMaker"]

log = logging.getLogger("estuary.gateway")

#: pixels of the preview, and how much smaller the thumbnail is
_PREVIEW = 512
_SMALLER = 4


class ModelMaker:
    """Makes models. Used on the event loop only."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.store = GenerationStore(database)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, character_id: str, *, rigged: bool) -> Optional[Model]:
        """Begin to make a model; ``None`` when there is no such character.

        Raises:
            StillRunning: one is being made just now.
        """
        begun = await self._db.run(self.store.begin_model, character_id, rigged=rigged)
        if begun is None:
            return None
        job, model = begun
        task = asyncio.get_running_loop().create_task(self._make(character_id, job, rigged))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return model

    async def close(self, timeout: float) -> None:
        """Wait for what is being made, so that it is not left half done."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout)

    async def _make(self, character_id: str, job: str, rigged: bool) -> None:
        try:
            await self._db.run(self._work, character_id, job, rigged)
        except Exception:
            log.exception("the 3D model of character %s could not be made", character_id)
            try:
                await self._db.run(self.store.report, character_id, job, "failed", 0)
            except Exception:
                log.exception("nor could that be stored")

    def _work(self, character_id: str, job: str, rigged: bool) -> None:
        from .figure import figure
        from .gltf import glb
        from .render import png, render, shrink

        def go_on(progress: int) -> bool:
            return self.store.report(character_id, job, "in_progress", progress)

        known = self.store.colors(character_id)
        if known is None or not go_on(5):
            return
        name, colors = known
        palette: list[Color] = [from_hex(color) for color in colors] or list(hashed_palette(name))
        made = figure(palette, f"{name}:{character_id}" if colors else name)
        if not go_on(30):
            return
        model = glb(made, name, rigged=rigged, generator=f"estuary gateway {_version.__version__}")
        if not go_on(50):
            return
        preview = render(made, _PREVIEW, palette[0])
        if not go_on(90):
            return
        files = ModelFiles(
            model=File("model/gltf-binary", model),
            preview=File("image/png", png(preview)),
            thumbnail=File("image/png", png(shrink(preview, _SMALLER))),
            animations=[animation.name for animation in made.animations] if rigged else [],
        )
        self.store.finish_model(character_id, job, files)
