"""Reading exchanges: what is worth remembering of what was said."""

from .embedded import EmbeddedExtractor

__all__ = ["EmbeddedExtractor"]
