"""A voice turn with a client that we did not write: ``estuary-sdk``, fed by its public API, without sound devices."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from ears import silence, speech, transcribe, words
from rawclient import Scripted

sdk = pytest.importorskip("estuary_sdk")


@pytest.mark.parametrize("mode", ["CONTINUOUS", "PUSH_TO_TALK"])
def test_a_voice_turn(make_gateway: Any, mode: str) -> None:
    gateway = make_gateway(chat=Scripted(script=lambda prompt: [f"I heard this. {prompt.text}"]))

    async def converse() -> None:
        config = sdk.EstuaryConfig(
            server_url=gateway.url,
            api_key=gateway.api_key,
            character_id=gateway.character_id,
            player_id="p",
            auto_reconnect=False,
            voice_transport="websocket",
            audio_sample_rate=24000,
        )
        async with sdk.EstuaryClient(config) as client:
            await client.connect()
            transcripts: list[Any] = []
            answers: list[Any] = []
            voices: list[Any] = []
            over = asyncio.Event()

            def heard(voice: Any) -> None:
                voices.append(voice)
                if voice.is_final:
                    over.set()

            client.on("stt_response", transcripts.append)
            client.on("bot_response", answers.append)
            client.on("bot_voice", heard)
            await client.start_voice(sdk.VoiceMode[mode])
            for said in ("Good morning, my friend.", "It is a beautiful day."):
                over.clear()
                voices.clear()
                await client.start_recording()
                pcm = silence(0.2) + speech(said) + silence(0.8)
                for start in range(0, len(pcm), 960):
                    await client.send_audio(pcm[start : start + 960])
                await client.stop_recording()
                await asyncio.wait_for(over.wait(), 30)
                assert transcripts[-1].is_final
                assert words(transcripts[-1].text) == words(said)
                assert answers[-1].is_final
                assert answers[-1].text == f"I heard this. {transcripts[-1].text}"
                audio = b"".join(base64.b64decode(voice.audio) for voice in voices)
                assert words(transcribe(audio)) == words(answers[-1].text)
                client.notify_audio_playback_complete(voices[-1].message_id)
            await client.stop_voice()

    asyncio.run(converse())
