"""What can go wrong with the gateway itself."""

from __future__ import annotations

from ..errors import EstuaryError

__all__ = ["GatewayError"]


class GatewayError(EstuaryError):
    """The gateway could not start or stop: the port is taken, the database can't be opened…"""
