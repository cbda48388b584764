"""Lists that come in pages."""

from __future__ import annotations

import pytest

from estuary.errors import ConfigError
from estuary.rest.pages import Pages


class Server:
    def __init__(self, count):
        self.items, self.asked = list(range(count)), []

    def __call__(self, limit, offset):
        self.asked.append((limit, offset))
        return self.items[offset : offset + limit], len(self.items)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 35])
def test_a_walk_gives_everything_once(count):
    server = Server(count)
    assert list(Pages(server, page_size=10)) == list(range(count))
    assert len(server.asked) == max(1, -(-count // 10))


def test_a_walk_is_lazy_and_can_be_repeated():
    server = Server(100)
    pages = Pages(server, page_size=10)
    assert next(iter(pages)) == 0
    assert server.asked == [(10, 0)]
    assert list(pages) == list(pages)


def test_one_page_and_the_total():
    pages = Pages(Server(35), page_size=10)
    page = pages.page(limit=5, offset=33)
    assert (list(page), page.total, page.limit, page.offset, len(page)) == ([33, 34], 35, 5, 33, 2)
    assert pages.total == 35


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (5, -1)])
def test_pages_that_can_not_be(limit, offset):
    with pytest.raises(ConfigError):
        Pages(Server(1)).page(limit, offset)


def test_a_list_that_shrinks_meanwhile_ends():
    server = Server(30)
    walk = iter(Pages(server, page_size=10))
    taken = [next(walk) for _ in range(10)]
    server.items = server.items[:10]
    assert list(walk) == []
    assert taken == list(range(10))


@pytest.mark.parametrize("delay", [0, 60])
def test_progress_is_shown_of_what_takes_long(capsys, monkeypatch, delay):
    pytest.importorskip("rich")
    monkeypatch.setattr("estuary.rest.pages.DELAY", delay)
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    assert list(Pages(Server(25), page_size=10, progress=True)) == list(range(25))
    out, err = capsys.readouterr()
    assert out == ""
    assert ("reading" in err) == (delay == 0)


def test_a_walk_with_progress_may_be_left_early(monkeypatch):
    pytest.importorskip("rich")
    monkeypatch.setattr("estuary.rest.pages.DELAY", 0)
    for number in Pages(Server(25), page_size=10, progress=True):
        if number == 3:
            break
