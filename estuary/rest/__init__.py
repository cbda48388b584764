"""The REST side of the platform: ``Client`` and its groups. Knows nothing of sessions or sockets."""

from __future__ import annotations

from .client import Client

__all__ = ["Client"]
