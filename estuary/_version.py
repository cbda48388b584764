"""The version, alone, so that setup.cfg and the SDK read the same one without importing anything."""

__version__ = "0.1.0"
