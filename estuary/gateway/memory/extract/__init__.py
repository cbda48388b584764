"""Reading exchanges: what is worth remembering of what was said.

``EmbeddedExtractor`` reads by a small model and rules of our own and downloads nothing; ``LLMExtractor`` asks a model
of the user's and leaves to the embedded one what that fails at.
"""

from .embedded import EmbeddedExtractor
from .llm import LLMExtractor

__all__ = ["EmbeddedExtractor", "LLMExtractor"]
