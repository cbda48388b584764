"""``client.generation``: characters made from a picture, and their 3D models."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Callable, Optional, Tuple, Union

from ..deadline import Deadline
from ..errors import APIError, ConfigError
from .http import HTTP, path
from .models import Character, ModelStatus

__all__ = ["Generation"]

_KINDS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"RIFF", "image/webp"))


class Generation:
    """Make characters from pictures. Every method raises ``APIError`` and its subclasses."""

    def __init__(self, http: HTTP) -> None:
        self._http = http

    def character_from_image(
        self,
        image: Union[str, os.PathLike[str], bytes],
        *,
        player_id: str,
        idempotency_key: Optional[str] = None,
    ) -> Character:
        """Make a character from a picture (JPEG, PNG or WebP; a path or its bytes).

        Failures that may pass are tried again, and the character is made once all the same. Where the last attempt
        fails too, ``error.idempotency_key`` resumes it: give it to the next call.
        """
        data, kind = _read_image(image)
        files = {"image": (f"image.{kind.partition('/')[2]}", data, kind)}
        answer = self._http.upload(
            path("characters", "from-image"), files, {"X-Player-Id": player_id}, idempotency_key=idempotency_key
        )
        return Character.from_wire(answer)

    def start_model(self, character_id: str, *, rigged: bool = False, player_id: Optional[str] = None) -> ModelStatus:
        """Have a 3D model made, ``rigged`` for one that can move. Raises ``APIError`` (409) while one is being made."""
        headers = {"X-Player-Id": player_id} if player_id else None
        body = {"rigged": True} if rigged else {}
        return ModelStatus.from_wire(
            self._http.call("POST", path("characters", character_id, "model"), json=body, headers=headers)
        )

    def model_status(self, character_id: str) -> ModelStatus:
        """How far the 3D model is."""
        return ModelStatus.from_wire(self._http.get(path("characters", character_id, "model")))

    def wait_for_model(
        self,
        character_id: str,
        *,
        timeout: float = 300.0,
        interval: float = 2.0,
        on_progress: Optional[Callable[[ModelStatus], None]] = None,
    ) -> ModelStatus:
        """Ask every ``interval`` seconds until the model is made or has failed (see ``status``).

        ``on_progress`` is called with every answer, on this thread. Raises ``APIError`` after ``timeout`` seconds.
        """
        deadline = Deadline(timeout)
        while True:
            status = self.model_status(character_id)
            if on_progress is not None:
                on_progress(status)
            if status.is_over:
                return status
            if deadline.expired:
                raise APIError(f"the model was not finished within {timeout:g} s; its status is {status.status!r}")
            time.sleep(deadline.remaining(at_most=interval) or 0.0)


def _read_image(image: Union[str, os.PathLike[str], bytes]) -> Tuple[bytes, str]:
    try:
        data = image if isinstance(image, bytes) else Path(image).read_bytes()
    except OSError as error:
        raise ConfigError(f"the image can't be read: {error}") from None
    for start, kind in _KINDS:
        if data.startswith(start) and (kind != "image/webp" or data[8:12] == b"WEBP"):
            return data, kind
    raise ConfigError("the image is neither JPEG nor PNG nor WebP")
