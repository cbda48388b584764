"""Voice: audio in and out, echo, playback tracking. Loaded only by those who speak; see ``Session.voice``."""
