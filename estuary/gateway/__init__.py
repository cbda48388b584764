"""A local Estuary server: it speaks the platform's protocol on both channels and keeps everything on this machine.

>>> from estuary.gateway import serve                              # doctest: +SKIP
>>> with serve() as gateway:                                       # doctest: +SKIP
...     with gateway.session(player_id="alice") as session:
...         print(session.send("Hello!"))

The SDK never imports this package; it needs the ``gateway`` extra and Python 3.10 or newer.
"""

from __future__ import annotations

import importlib.util
import sys

__all__ = ["Gateway", "GatewayError", "GatewayOptions", "serve"]


def _check_extra() -> None:
    if sys.version_info < (3, 10):
        raise ImportError("the local gateway needs Python 3.10 or newer; the SDK itself runs on 3.9")
    for package in ("fastapi", "uvicorn", "websockets", "sqlalchemy"):
        if importlib.util.find_spec(package) is None:
            raise ImportError(
                f"the local gateway needs the gateway extra: pip install 'estuary-sync[gateway]' (no {package} here)",
                name=package,
            )


_check_extra()

from .errors import GatewayError  # noqa: E402 - after the check, so that its message comes first
from .server import Gateway, serve  # noqa: E402
from .settings import GatewayOptions  # noqa: E402
