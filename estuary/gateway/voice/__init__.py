"""The gateway hears and speaks: engines, end-pointing, and what they do for one session."""
