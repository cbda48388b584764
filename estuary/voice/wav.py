"""Wav files: read whatever their samples are, written as 16 bits."""

from __future__ import annotations

import os
import struct
from typing import IO, Tuple, Union

from ..errors import VoiceError
from .base import SAMPLE_WIDTH

__all__ = ["Path", "WavReader", "read_wav", "wav_header", "write_wav"]

Path = Union[str, "os.PathLike[str]"]

_OPEN_ENDED = 0xFFFFFFFF  # the length that programs write which did not know it beforehand


class WavReader:
    """A wav file being read: ``read(frames)`` gives PCM16 whatever the file holds."""

    def __init__(self, path: Path) -> None:
        try:
            self._file: IO[bytes] = open(path, "rb")  # noqa: SIM115
        except OSError as error:
            raise VoiceError(f"{os.fspath(path)} can't be read: {error.strerror or error}") from error
        try:
            self._parse(os.fspath(path))
        except BaseException:
            self._file.close()
            raise

    def _parse(self, path: str) -> None:
        riff = self._file.read(12)
        if len(riff) < 12 or riff[:4] != b"RIFF" or riff[8:] != b"WAVE":
            raise VoiceError(f"{path} is not a wav file; convert it first, with sox {path} out.wav for example")
        end = self._file.seek(0, os.SEEK_END)
        position, form = 12, b""
        while True:
            self._file.seek(position)
            head = self._file.read(8)
            if len(head) < 8:
                raise VoiceError(f"the wav file {path} is truncated: it ends before its sound begins")
            name, size = struct.unpack("<4sI", head)
            if name == b"data":
                break
            if name == b"fmt ":
                form = self._file.read(min(size, 40))
            position += 8 + size + size % 2
        if len(form) < 16:
            raise VoiceError(f"the wav file {path} does not say what its sound is like")
        kind, self.channels, self.sample_rate, _, self._stride, bits = struct.unpack("<HHIIHH", form[:16])
        if kind == 0xFFFE and len(form) >= 26:  # WAVE_FORMAT_EXTENSIBLE: the kind is in the first bytes of a GUID
            kind = struct.unpack("<H", form[24:26])[0]
        self._width = self._stride // self.channels if self.channels else 0
        self._float = kind == 3
        if kind not in (1, 3) or self._width not in ((4, 8) if self._float else (1, 2, 3, 4)):
            raise VoiceError(
                f"the wav file {path} holds compressed or unusual sound (format {kind}, {bits} bits); "
                "PCM of 8, 16, 24 or 32 bits and float can be read"
            )
        if not self.sample_rate or self._width * self.channels != self._stride:
            raise VoiceError(f"the wav file {path} contradicts itself about its rate or channels")
        begin = position + 8
        if size == _OPEN_ENDED:
            size = end - begin
        elif begin + size > end:
            raise VoiceError(f"the wav file {path} is truncated: {end - begin} of {size} bytes of sound are there")
        self._left = size // self._stride
        self._file.seek(begin)

    def read(self, frames: int = -1) -> bytes:
        frames = self._left if frames < 0 else min(frames, self._left)
        raw = self._file.read(frames * self._stride)
        self._left -= frames
        return _float_to_pcm16(raw, self._width) if self._float else _to_pcm16(raw, self._width)

    def close(self) -> None:
        self._file.close()


_UNSIGNED = bytes(value ^ 0x80 for value in range(256))


def _to_pcm16(raw: bytes, width: int) -> bytes:
    """The two highest bytes of each sample; those of 8 bits are unsigned in wav files."""
    if width == 2:
        return raw
    pcm = bytearray(len(raw) // width * 2)
    if width == 1:
        pcm[1::2] = raw.translate(_UNSIGNED)
    else:
        pcm[0::2] = raw[width - 2 :: width]
        pcm[1::2] = raw[width - 1 :: width]
    return bytes(pcm)


def _float_to_pcm16(raw: bytes, width: int) -> bytes:
    from ._numpy import numpy

    values = numpy.nan_to_num(numpy.frombuffer(raw, f"<f{width}").astype("f8"), posinf=1.0, neginf=-1.0)
    return bytes(numpy.clip(numpy.rint(values * 32768), -32768, 32767).astype("<i2").tobytes())


def wav_header(sample_rate: int, channels: int, size: int) -> bytes:
    """What stands before ``size`` bytes of PCM16 in a wav file."""
    stride = channels * SAMPLE_WIDTH
    size = min(size, _OPEN_ENDED - 36)
    form = struct.pack("<HHIIHH", 1, channels, sample_rate, sample_rate * stride, stride, 8 * SAMPLE_WIDTH)
    return b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt \x10\0\0\0" + form + b"data" + struct.pack("<I", size)


def read_wav(path: Path) -> Tuple[bytes, int, int]:
    """All of a wav file: interleaved PCM16, its rate in Hz, its number of channels.

    PCM of 8, 16, 24 and 32 bits and float, any rate, any number of channels.

    Raises:
        VoiceError: it can't be opened, is no wav file, is truncated, or holds compressed sound.
    """
    wav = WavReader(path)
    try:
        return wav.read(), wav.sample_rate, wav.channels
    finally:
        wav.close()


def write_wav(path: Path, pcm: bytes, sample_rate: int, channels: int = 1) -> None:
    """Write interleaved PCM16 as a wav file.

    Raises:
        OSError: it can't be written.
    """
    with open(path, "wb") as file:
        file.write(wav_header(sample_rate, channels, len(pcm)) + pcm)
