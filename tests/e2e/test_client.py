"""``estuary.Client`` and what a session gives of it, against the real gateway."""

from __future__ import annotations

import csv
import datetime as dt

import pytest

from estuary import ActionRegistry, BadRequest, Client, NotFound, PermissionDenied
from estuary.rest.analytics import Activity


@pytest.fixture
def client(gateway):
    with Client(api_key=gateway.api_key, server_url=gateway.url) as client:
        yield client


@pytest.fixture
def character(client):
    character = client.characters.create("Tess", tagline="made for a test")
    yield character.id
    client.characters.delete(character.id)


def talk(gateway, character, player, *texts):
    with gateway.session(player_id=player, character_id=character) as session:
        return [session.send(text).text for text in texts]


# ── characters ──


def test_a_character_from_birth_to_death(client):
    actions = ActionRegistry()

    @actions.on("wave")
    def wave(times: int = 1):
        """Wave a hand."""

    made = client.characters.create(
        "Ada",
        personality="precise",
        llm_model="none",
        llm_temperature=0.3,
        tts_speed=1.2,
        actions=actions,
        is_public=True,
    )
    assert (made.name, made.personality, made.llm_temperature, made.tts_speed) == ("Ada", "precise", 0.3, 1.2)
    assert [(a.name, a.description) for a in made.actions] == [("wave", "Wave a hand.")]
    assert made.created_at.tzinfo is not None
    changed = client.characters.update(made.id, tagline="changed")
    assert (changed.name, changed.tagline, changed.llm_temperature) == ("Ada", "changed", 0.3)
    assert client.characters.get(made.id) == changed
    assert made.id in [c.id for c in client.characters.list(page_size=1)]
    client.characters.delete(made.id)
    with pytest.raises(NotFound, match=made.id):
        client.characters.get(made.id)


def test_mistakes_are_named(client):
    with pytest.raises(BadRequest, match="name"):
        client.characters.create("")
    with pytest.raises(BadRequest, match="temperature"):
        client.characters.create("X", llm_temperature=9)


def test_a_wrong_key(gateway):
    with Client(api_key="est_wrong_wrong_wrong", server_url=gateway.url) as client:
        with pytest.raises(PermissionDenied) as raised:
            client.characters.list().page()
    assert "wrong_wrong" not in str(raised.value)


# ── conversations ──


def test_conversations_and_messages(gateway, client, character):
    talk(gateway, character, "ann", "hello", "goodbye")
    talk(gateway, character, "bob", "hello")
    assert [c.player_id for c in client.conversations.list(character, sort_by="message_count")] == ["ann", "bob"]
    assert [c.player_id for c in client.conversations.list(character, min_messages=3)] == ["ann"]
    assert [c.player_id for c in client.conversations.list(character, player_search="bo")] == ["bob"]
    assert client.conversations.get(character, "ann").message_count == 4
    stats = client.conversations.stats(character)
    assert (stats.total_conversations, stats.total_messages) == (2, 6)
    messages = list(client.conversations.messages(character, "ann", page_size=3))
    assert [m.role for m in messages] == ["user", "assistant"] * 2
    assert [m.content for m in messages if m.role == "user"] == ["hello", "goodbye"]
    client.conversations.delete(character, "ann")
    with pytest.raises(NotFound):
        client.conversations.get(character, "ann")
    assert client.conversations.get(character, "bob").player_id == "bob"


@pytest.mark.parametrize(("limit", "offset"), [(1, 0), (2, 1), (3, 2), (3, 5), (50, 4)])
def test_any_page_of_messages(gateway, client, character, limit, offset):
    talk(gateway, character, "ann", "one", "two", "three")
    pages = client.conversations.messages(character, "ann")
    everything = [m.content for m in pages]
    page = pages.page(limit, offset)
    assert [m.content for m in page] == everything[offset : offset + limit]
    assert page.total == pages.total == 6


def test_history_of_a_session_needs_no_socket(gateway, player):
    with gateway.session(player_id=player) as session:
        session.send("Hello there")
    assert next(m.content for m in session.history()) == "Hello there"
    assert not session.is_connected
    session.close()


# ── analytics ──


def test_analytics(gateway, client, character, tmp_path):
    talk(gateway, character, "ann", "one", "two")
    talk(gateway, character, "bob", "one")
    today = dt.datetime.now(dt.timezone.utc).date()
    activity = client.analytics.activity(character)
    assert activity.rows == (Activity(today, 6, 3, 3, 2),)
    assert client.analytics.activity(character, by="month", player_id="bob")[0].messages == 2
    assert [(p.player_id, p.messages) for p in client.analytics.players(character)] == [("ann", 4), ("bob", 2)]
    [cohort] = client.analytics.retention(character, by="day")
    assert (cohort.players, cohort.after, cohort.active, cohort.rate) == (2, 0, 2, 1.0)
    assert client.analytics.conversations(character).total_messages == 6
    activity.to_csv(tmp_path / "activity.csv")
    with open(tmp_path / "activity.csv", encoding="utf-8") as file:
        [row] = csv.DictReader(file)
    assert row == {
        "start": today.isoformat(), "messages": "6", "from_players": "3", "from_character": "3", "players": "2",
    }  # fmt: skip
    assert activity.to_dicts()[0]["start"] == today


def test_analytics_as_a_dataframe(gateway, client, character):
    pytest.importorskip("pandas")
    talk(gateway, character, "ann", "one")
    frame = client.analytics.players(character).to_dataframe()
    assert list(frame.columns) == ["player_id", "messages", "first_activity", "last_activity"]
    assert frame["messages"].sum() == 2


def test_plots(gateway, client, character, tmp_path):
    pytest.importorskip("matplotlib")
    from estuary import plots

    talk(gateway, character, "ann", "one")
    plots.activity(client.analytics.activity(character), tmp_path / "activity.png")
    assert (tmp_path / "activity.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_of_one_day_has_days_below_it(gateway, client, character):
    pytest.importorskip("matplotlib")
    from estuary import plots

    talk(gateway, character, "ann", "one")
    activity = client.analytics.activity(character)
    figure = plots.activity(activity)
    axes = figure.axes[0]
    figure.draw_without_rendering()
    start = activity[0].start
    assert str(start.day).zfill(2) in [label.get_text() for label in axes.get_xticklabels()] or start.day == 1
    assert all(tick == int(tick) for tick in axes.get_xticks())
    assert axes.get_xlim()[1] - axes.get_xlim()[0] >= 7
