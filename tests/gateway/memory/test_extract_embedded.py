"""The embedded extractor: what it reads, what it leaves alone."""

from __future__ import annotations

from estuary.gateway.memory.base import Exchange
from estuary.gateway.memory.extract import EmbeddedExtractor


def test_it_reads_a_sentence_of_several_facts() -> None:
    found = EmbeddedExtractor().extract(Exchange(text="I live in Lyon with my husband Tom and I hate olives."))
    assert [memory.content for memory in found.memories] == ["Lives in Lyon", "Husband is called Tom", "Hates olives"]
