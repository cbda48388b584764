"""Sources and sinks without a sound card."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import threading
import time
import wave
from pathlib import Path
from typing import Any, Callable

import pytest

from estuary import ConfigError, VoiceError
from estuary.voice.base import AudioSource
from estuary.voice.files import NullSink, PCMBuffer, Silence, WavFile, as_sink, as_source, read_wav, write_wav

RAMP = struct.pack("<2000h", *range(-10_000, 10_000, 10))


def drain(source: AudioSource, frames: int = 480, rate: int = 24_000) -> bytes:
    source.open(rate)
    blocks = []
    while block := source.read(frames):
        blocks.append(block)
    source.close()
    return b"".join(blocks)


def wav_bytes(kind: int, bits: int, channels: int, rate: int, data: bytes, size: int = -1, extra: bytes = b"") -> bytes:
    stride = channels * bits // 8
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * stride, stride, bits) + extra
    size = len(data) if size < 0 else size
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"LIST\x03\0\0\0abc\0" + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", min(4 + len(chunks) + size, 2**32 - 1)) + b"WAVE" + chunks + data


# Wav files


@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_written_is_read(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, RAMP, 44_100, channels)
    assert read_wav(path) == (RAMP, 44_100, channels)
    with wave.open(str(path)) as other:  # the standard library agrees
        assert (other.getframerate(), other.getnchannels(), other.getsampwidth()) == (44_100, channels, 2)
        assert other.readframes(10_000) == RAMP
    source = WavFile(path, pace=False)
    assert drain(source) == RAMP
    assert (source.sample_rate, source.channels) == (44_100, channels)


WIDTHS: list[tuple[int, int, Callable[[int], bytes]]] = [
    (1, 8, lambda value: struct.pack("<B", (value >> 8) + 128)),
    (1, 24, lambda value: struct.pack("<i", value << 8)[:3]),
    (1, 32, lambda value: struct.pack("<i", value << 16)),
    (3, 32, lambda value: struct.pack("<f", value / 32768)),
    (3, 64, lambda value: struct.pack("<d", value / 32768)),
]


@pytest.mark.parametrize(("kind", "bits", "encode"), WIDTHS)
def test_other_widths_become_16_bits(tmp_path: Path, kind: int, bits: int, encode: Callable[[int], bytes]) -> None:
    if kind == 3:
        pytest.importorskip("numpy")
        pytest.importorskip("soxr")
    values = [0, 256, -256, 32_512, -32_768, 1_024]
    path = tmp_path / "a.wav"
    path.write_bytes(wav_bytes(kind, bits, 1, 8_000, b"".join(map(encode, values))))
    assert list(struct.unpack("<6h", read_wav(path)[0])) == values


def test_float_that_is_too_loud_or_no_number_is_limited(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    pytest.importorskip("soxr")
    path = tmp_path / "a.wav"
    values = [1.5, -1.5, float("nan"), float("inf")]
    path.write_bytes(wav_bytes(3, 32, 1, 8_000, struct.pack("<4f", *values)))
    assert struct.unpack("<4h", read_wav(path)[0]) == (32_767, -32_768, 0, 32_767)


def test_extensible_and_open_ended_headers(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    guid = struct.pack("<HHIH", 22, 16, 3, 1) + b"\0\0\0\0\x10\0\x80\0\0\xaa\x008\x9bq"
    path.write_bytes(wav_bytes(0xFFFE, 16, 2, 48_000, RAMP, extra=guid))
    assert read_wav(path) == (RAMP, 48_000, 2)
    path.write_bytes(wav_bytes(1, 16, 1, 48_000, RAMP, size=0xFFFFFFFF))  # as ffmpeg writes into a pipe
    assert read_wav(path) == (RAMP, 48_000, 1)


@pytest.mark.skipif(shutil.which("sox") is None, reason="sox is not installed")
@pytest.mark.parametrize("options", [["-b", "8"], ["-b", "24", "-c", "2"], ["-e", "floating-point", "-b", "32"]])
def test_what_sox_writes_is_read(tmp_path: Path, options: list[str]) -> None:
    numpy = pytest.importorskip("numpy")
    pytest.importorskip("soxr")
    path = tmp_path / "a.wav"
    subprocess.run(["sox", "-D", "-n", "-r", "22050", *options, path, "synth", "0.2", "sine", "440"], check=True)
    pcm, rate, channels = read_wav(path)
    values = numpy.frombuffer(pcm, "<i2").reshape(-1, channels)[:, 0].astype("f8")
    assert rate == 22_050
    assert len(values) == 4_410
    expected = numpy.sin(2 * numpy.pi * 440 * numpy.arange(4_410) / 22_050)
    assert numpy.corrcoef(values, expected)[0, 1] > 0.99


BROKEN = [
    (b"", "not a wav file"),
    (b"ID3\x03\0\0\0\0\0\0\0\0music", "not a wav file"),
    (b"RIFF\x04\0\0\0WAVE", "truncated"),
    (wav_bytes(1, 16, 1, 24_000, RAMP)[:30], "truncated"),
    (wav_bytes(1, 16, 1, 24_000, RAMP)[:-100], "3900 of 4000 bytes"),
    (wav_bytes(0x55, 16, 1, 24_000, RAMP), "compressed"),  # mp3 in wav
    (wav_bytes(7, 8, 1, 8_000, RAMP), "compressed"),  # µ-law
    (wav_bytes(1, 64, 1, 8_000, RAMP), "unusual"),
    (wav_bytes(1, 16, 0, 8_000, b""), "unusual"),
    (wav_bytes(1, 16, 1, 0, RAMP), "contradicts"),
    (b"RIFF\x24\0\0\0WAVEdata\x04\0\0\0abcd", "what its sound is like"),
]


@pytest.mark.parametrize(("content", "message"), BROKEN)
def test_broken_files_are_clear_errors(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    for attempt in (lambda: read_wav(path), lambda: WavFile(path).open(24_000)):
        with pytest.raises(VoiceError, match=message) as caught:
            attempt()
        assert "broken.wav" in str(caught.value)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="No such file"):
        read_wav(tmp_path / "none.wav")
    source = as_source(tmp_path / "none.wav")
    with pytest.raises(VoiceError, match="No such file"):
        source.open(24_000)
    sink = as_sink(str(tmp_path / "no folder" / "a.wav"))
    with pytest.raises(VoiceError, match="can't be written"):
        sink.open(24_000)


def test_a_wav_sink(tmp_path: Path) -> None:
    path = tmp_path / "answer.wav"
    sink = WavFile(path, pace=False)
    sink.open(24_000)
    for at in range(0, len(RAMP), 960):
        sink.write(RAMP[at : at + 960])
    sink.close()
    sink.close()
    assert read_wav(path) == (RAMP, 24_000, 1)


def test_a_wav_sink_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "answer.wav"
    write_wav(path, RAMP, 44_100, 2)
    sink = as_sink(WavFile(path, pace=False))
    sink.open(24_000)
    assert (sink.sample_rate, sink.channels) == (24_000, 1)
    sink.close()
    assert read_wav(path) == (b"", 24_000, 1)  # also when nothing was said


def test_a_wav_sink_is_valid_after_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "answer.wav"
    program = f"""
import os
from estuary.voice.files import WavFile
sink = WavFile({str(path)!r}, pace=False, mode="w")
sink.open(24_000)
for _ in range(130):
    sink.write(b"ab" * 480)  # 20 ms
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", program], timeout=30)
    pcm, rate, channels = read_wav(path)
    assert (rate, channels) == (24_000, 1)
    assert pcm == b"ab" * 24_000 * 2  # whole seconds


# Memory


def test_a_buffer_with_data_is_a_source_that_ends() -> None:
    source = PCMBuffer(RAMP, 16_000, 2, pace=False)
    assert drain(source) == RAMP
    assert (source.sample_rate, source.channels) == (16_000, 2)
    with pytest.raises(VoiceError, match="ended"):
        source.feed(b"ab")


def test_a_buffer_without_data_is_fed_and_gives_silence_between() -> None:
    source = PCMBuffer(sample_rate=16_000, pace=False)
    source.open(24_000)
    assert source.sample_rate == 16_000
    assert source.read(160) == bytes(320)  # nothing yet: silence, after 10 ms
    source.feed(b"ab" * 100)
    assert source.read(160) == b"ab" * 100 + bytes(120)
    feeder = threading.Thread(target=lambda: (source.feed(b"cd" * 4_000), source.end()))
    feeder.start()
    assert source.read(80_000) == b"cd" * 4_000  # it does not wait for what can't come
    assert source.read(80) == b""
    feeder.join()


def test_a_buffer_as_a_sink_takes_the_sessions_rate() -> None:
    sink = PCMBuffer(pace=False)
    sink.open(48_000)
    sink.write(RAMP)
    sink.write(RAMP)
    sink.close()
    assert (sink.getvalue(), sink.sample_rate) == (RAMP + RAMP, 48_000)


def test_a_buffer_is_bounded_and_drops_the_oldest() -> None:
    buffer = PCMBuffer(sample_rate=16_000, channels=2, max_seconds=0.01)
    buffer.feed(bytes(640))
    buffer.feed(b"abcd")
    assert len(buffer.getvalue()) == 640
    assert buffer.getvalue().endswith(b"abcd")
    assert buffer.dropped == 4


def test_a_buffer_is_not_made_of_nonsense() -> None:
    with pytest.raises(ConfigError, match="sample_rate"):
        PCMBuffer(b"ab")
    with pytest.raises(ConfigError, match="3 bytes"):
        PCMBuffer(b"abc", 16_000)


# Pace


def paced_sources(tmp_path: Path) -> list[Any]:
    write_wav(tmp_path / "a.wav", bytes(9_600), 16_000)
    return [WavFile(tmp_path / "a.wav"), PCMBuffer(bytes(9_600), 16_000), Silence(0.3)]


@pytest.mark.parametrize("number", range(3))
def test_paced_sources_take_their_time(tmp_path: Path, number: int) -> None:
    source = paced_sources(tmp_path)[number]
    begun = time.monotonic()
    drain(source, frames=160, rate=16_000)
    assert 0.29 < time.monotonic() - begun < 0.6


@pytest.mark.parametrize("number", range(3))
def test_paced_sinks_take_as_long_as_it_sounds(tmp_path: Path, number: int) -> None:
    sink = [WavFile(tmp_path / "a.wav", mode="w"), PCMBuffer(), NullSink()][number]
    sink.open(16_000)
    begun = time.monotonic()
    for _ in range(30):
        sink.write(bytes(320))
    took = time.monotonic() - begun
    assert 0.29 - sink.latency < took < 0.6
    assert 0 < sink.latency < 0.1
    sink.close()


def test_a_pause_is_not_caught_up(tmp_path: Path) -> None:
    source = Silence()
    source.open(16_000)
    source.read(160)
    time.sleep(0.3)  # the reader is away
    begun = time.monotonic()
    for _ in range(10):
        source.read(160)
    assert time.monotonic() - begun > 0.09


def test_unpaced_is_as_fast_as_it_goes() -> None:
    begun = time.monotonic()
    assert len(drain(Silence(3600, pace=False), frames=24_000)) == 3600 * 24_000 * 2
    sink = NullSink(pace=False)
    sink.open(24_000)
    sink.write(bytes(3600 * 24_000 * 2))
    assert time.monotonic() - begun < 30  # two hours


# What users give


def test_paths_and_objects_are_taken(tmp_path: Path) -> None:
    write_wav(tmp_path / "q.wav", RAMP, 8_000)
    assert drain(as_source(str(tmp_path / "q.wav")), frames=8_000) == RAMP
    silence, null = Silence(), NullSink()
    assert as_source(silence) is silence
    assert as_sink(null) is null
    assert isinstance(as_source(WavFile("q.wav")), AudioSource)
    with pytest.raises(ConfigError, match=r"read\(\); NullSink"):
        as_source(null)
    with pytest.raises(ConfigError, match=r"a sink needs the method open\(\); int"):
        as_sink(5)
