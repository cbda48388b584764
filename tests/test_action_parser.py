"""The streaming ``<action/>`` parser: what it shows, what it finds, and that it stays linear."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from typing import Any, Dict, Iterable, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary import _action_parser
from estuary._action_parser import MAX_TAG_LENGTH, Action, ActionParser

Outcome = Tuple[str, List[Action]]


def read(chunks: Iterable[str]) -> Outcome:
    """All that comes out of the chunks."""
    parser = ActionParser()
    parts = [parser.feed(chunk) for chunk in chunks]
    parts.append(parser.finish())
    return "".join(part.text for part in parts), [action for part in parts for action in part.actions]


def every_way(text: str) -> Outcome:
    """The outcome for the whole text, which must be the same in single characters and cut in two anywhere."""
    outcome = read([text])
    assert read(text) == outcome
    for cut in range(len(text)):
        assert read([text[:cut], text[cut:]]) == outcome
    return outcome


def arguments(tag: str) -> Dict[str, Any]:
    """The arguments of the one action in ``tag``, whose name must be ``x``."""
    text, actions = every_way(tag)
    assert text == ""
    assert [action.name for action in actions] == ["x"]
    return actions[0].arguments


# --- tags ---------------------------------------------------------------------------------------------------------


def test_takes_the_tag_out_and_closes_the_gap() -> None:
    text, actions = every_way('Sure! <action name="navigate" target="kitchen" /> Going')
    assert text == "Sure! Going"
    assert actions == [Action("navigate", {"target": "kitchen"})]


def test_gives_its_message_id_to_each_action() -> None:
    parser = ActionParser("m1")
    assert parser.feed('<action name="a"/>').actions == [Action("a", {}, "m1")]
    parser.feed("<action name='b/> rest")
    assert parser.finish().actions == [Action("b", {}, "m1")]


def test_an_action_comes_with_the_chunk_that_ends_its_tag() -> None:
    parser = ActionParser()
    assert parser.feed('Hi <action name="a"') == ("Hi ", [])
    assert parser.feed(">") == ("", [Action("a")])
    assert parser.feed("</action>") == ("", [])
    assert parser.feed(" there") == ("there", [])


@pytest.mark.parametrize(
    "tag",
    [
        '<action name="x" a="1"/>',
        "<action name='x' a='1'/>",
        '<ACTION NAME="x" a="1"/>',
        '<Action Name="x" a="1" />',
        '<action\nname="x"\n\ta="1"\n/>',
        '<action a="1" name=" x "/>',
        '<action name="x" a="1"></action>',
        '<action name="x" a="1"> \n </ACTION >',
        '<action name="x" a="1">',
        '<action name = "x" a = "1" />',
        '<action name="x"a="1"/>',
        "<action name=x a=1/>",
        "<action name=x a=1>",
        '<action name="x" a="1" a="2"/>',
        '<action name="x" a="1/>',
        "<action name='x' a='1/>",
        '<action name="x a="1"/>',
        '<action name=x" a="1"/>',
        '<action name=\'x a="1"/>',
        '<action name="y <action name="x" a="1"/>',
    ],
)
def test_reads_a_tag_however_it_is_written(tag: str) -> None:
    assert arguments(tag) == {"a": "1"}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"a > b"', "a > b"),
        ('"a /> b"', "a /> b"),
        ("'say \"hi\"'", 'say "hi"'),
        ('"it\'s"', "it's"),
        ('"a &amp; b &lt;&gt;&quot;&apos;"', "a & b <>\"'"),
        ('"a&#10;b&#x41;"', "a\nbA"),
        ('"a\r\nb\tc"', "a b c"),
        ('"a & b"', "a & b"),
        ('"a & b &amp; c&#10;d"', "a & b & c\nd"),
        ('"a & b\r\nc\td"', "a & b c d"),
        ('"&eacute;t&eacute;"', "été"),
        ('"&nothing; &#0; &#xD800; &copy=1"', "&nothing; \ufffd \ufffd &copy=1"),
        ('"I <3 you > all"', "I <3 you > all"),
        ('"\x00\ud800"', "\x00\ud800"),
        ('""', ""),
        ("https://host/path?a=b", "https://host/path?a=b"),
    ],
)
def test_reads_a_value_however_it_is_written(written: str, value: str) -> None:
    assert arguments(f'<action name="x" a={written} b="2"/>') == {"a": value, "b": "2"}


def test_an_attribute_without_a_value_is_true() -> None:
    assert arguments('<action name="x" open locked="no"/>') == {"open": "true", "locked": "no"}


def test_the_case_of_arguments_is_kept() -> None:
    assert arguments('<action name="x" maxSpeed="1" MAXSPEED="2"/>') == {"maxSpeed": "1", "MAXSPEED": "2"}


def test_a_second_name_is_an_argument() -> None:
    assert arguments('<action name="x" name="Alice"/>') == {"name": "Alice"}


def test_several_tags_in_order() -> None:
    text, actions = every_way("<action name='a'/> One <action name='b'/> <action name='c'/><action name='a'/> two")
    assert text == "One two"
    assert [action.name for action in actions] == ["a", "b", "c", "a"]


@pytest.mark.parametrize(
    "tag", ["<action/>", "<action>", "<action />", '<action a="1"/>', '<action name=" "/>', "<action =/>"]
)
def test_a_tag_without_a_name_is_neither_shown_nor_an_action(tag: str, caplog: pytest.LogCaptureFixture) -> None:
    assert every_way(f"A {tag} b") == ("A b", [])
    assert "without a name" in caplog.text


@pytest.mark.parametrize("text", ["</action>", "</action >", "</ACTION>", "</action\n>"])
def test_a_stray_closing_tag_is_dropped(text: str) -> None:
    assert every_way(f"A {text} b") == ("A b", [])


def test_a_body_is_text() -> None:
    assert every_way('A <action name="x"> body </action> b') == ("A body b", [Action("x")])
    assert every_way('A<action name="x"> <b> </action>') == ("A <b> ", [Action("x")])
    assert every_way('A<action name="x">\n\n') == ("A\n\n", [Action("x")])
    assert every_way('A<action name="x">\n<') == ("A\n<", [Action("x")])


def test_tags_nested_as_a_body() -> None:
    text, actions = every_way('A<action name="x">\n<action name="y"></action>\n</action> b')
    assert text == "A\n\nb"
    assert [action.name for action in actions] == ["x", "y"]


def test_a_tag_in_a_tag_ends_it() -> None:
    text, actions = every_way('A <action name="x" <action name="y"/> b')
    assert (text, actions) == ("A b", [Action("y")])


# --- what is text -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "", "2 < 3", "<b>bold</b>", "<actionable>", "<action_name>", "<actions/>", "< action name='a'/>", "<act",
        "</act", "<", "</", "a<", "<<<", "<a<ac<act<actio", "</b>", "&lt;action name='x'/&gt;", "<İaction >",
        "<actİon name='x'/>", "<actıon name='x'/>",
        "<action\xa0name='x'/>", "two  spaces", " lead and trail ", "\n\n",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_tag_is_shown(text: str) -> None:
    assert every_way(text) == (text, [])


LOOKS_LIKE_A_TAG = re.compile(r"</?action[\s/>]", re.IGNORECASE)
CAN_BECOME_A_TAG = re.compile(r"<(/?(a(c(t(io?)?)?)?)?|/?action)\Z", re.IGNORECASE)


@given(st.text(st.sampled_from("<<<>/actionACTION b\n"), max_size=40) | st.text())
def test_text_is_shown_as_soon_as_it_cannot_become_a_tag(text: str) -> None:
    text = LOOKS_LIKE_A_TAG.sub("", text)
    text = LOOKS_LIKE_A_TAG.sub("<b>", text)  # what the first removal has joined
    parser = ActionParser()
    shown = ""
    for index, character in enumerate(text):
        parsed = parser.feed(character)
        shown += parsed.text
        so_far = text[: index + 1]
        held = CAN_BECOME_A_TAG.search(so_far)
        assert shown == (so_far[: held.start()] if held else so_far)
        assert parsed.actions == []
    rest = parser.finish()
    if text[-7:].lower() != "<action" and text[-8:].lower() != "</action":
        assert (shown + rest.text, rest.actions) == (text, [])


# --- spaces -------------------------------------------------------------------------------------------------------

TAG = '<action name="x"/>'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Sure! {TAG} Going", "Sure! Going"),
        (f"Sure! {TAG}   Going", "Sure! Going"),
        (f"Sure!{TAG} Going", "Sure! Going"),
        (f"Sure! {TAG}Going", "Sure! Going"),
        (f"Sure!{TAG}Going", "Sure!Going"),
        (f"Sure! {TAG} {TAG} Going", "Sure! Going"),
        (f"Sure!{TAG} {TAG} Going", "Sure! Going"),
        (f"{TAG} Going", "Going"),
        (f"{TAG} {TAG}", ""),
        (f"Bye {TAG}", "Bye "),
        (f"One\n{TAG}\nTwo", "One\n\nTwo"),
        (f"One\n{TAG} Two", "One\nTwo"),
        (f"One {TAG}\n Two", "One \n Two"),
        (f"its  own {TAG} a  b", "its  own a  b"),
    ],
)
def test_closes_the_gap_that_a_tag_leaves(text: str, shown: str) -> None:
    assert every_way(text)[0] == shown


def test_empty_chunks_change_nothing() -> None:
    assert read(["", "Sure! ", "", TAG, "", " ", "", "Going", ""]) == ("Sure! Going", [Action("x")])
    assert read(["Sure!", "", TAG, " Going"]) == ("Sure! Going", [Action("x")])


# --- what can't be read -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tag",
    ["<action", "</action", "<ACTION", "<action ", "<action name=", '<action name="x" a="b > c', "</action "],
)
def test_an_unfinished_tag_is_logged_and_not_shown(tag: str, caplog: pytest.LogCaptureFixture) -> None:
    assert every_way(f"Sure! {tag}") == ("Sure! ", [])
    assert tag in caplog.text


def test_text_swallowed_by_a_missing_quote_comes_back() -> None:
    text, actions = every_way('A <action name="wave/> b <action name="jump"/> c "d" <b> e')
    assert text == 'A b c "d" <b> e'
    assert [action.name for action in actions] == ["wave", "jump"]


def test_text_swallowed_by_a_missing_quote_of_a_pair_comes_back() -> None:
    text, actions = every_way('A <action name="wave> </action> b <br/> c')
    assert (text, actions) == ("A b <br/> c", [Action("wave")])
    text, actions = every_way('A <action name="wave a=\'1\'></action> b "c" > d')
    assert (text, actions) == ('A b "c" > d', [Action("wave", {"a": "1"})])


def test_text_swallowed_by_a_missing_quote_comes_back_with_the_next_quote() -> None:
    parser = ActionParser()
    text, actions = parser.feed('<action name="go to="home"/> He said "yes>. ')
    assert (text, actions) == ('He said "yes>. ', [Action("go", {"to": "home"})])


@pytest.mark.parametrize("filler", ["x", ">", "a='", "'/ ", "\n"])
@pytest.mark.parametrize("start", ["<action ", '<action name="', "</action "])
def test_a_tag_that_never_ends_does_not_swallow_the_message(start: str, filler: str) -> None:
    long = start + filler * (MAX_TAG_LENGTH // len(filler))
    text, actions = read([long, "\nThe rest."])
    assert text.endswith("The rest.")
    assert len(text) < 100 or start[-1] != '"' or filler == "\n"
    assert actions == []


@pytest.mark.parametrize("size", [1, 7, 1000, MAX_TAG_LENGTH - 1, MAX_TAG_LENGTH, MAX_TAG_LENGTH + 1])
@pytest.mark.parametrize("excess", [-1, 0, 1])
def test_the_longest_tag_is_the_same_in_all_chunk_sizes(size: int, excess: int) -> None:
    start, end = '<action name="x" a="', '"/>'
    value = "v" * (MAX_TAG_LENGTH - len(start) - len(end) + excess)
    message = f"{start}{value}{end} The rest."
    text, actions = read(message[at : at + size] for at in range(0, len(message), size))
    if excess <= 0:
        assert (text, actions) == ("The rest.", [Action("x", {"a": value})])
    else:
        assert actions == []
        assert text.endswith(" The rest.")
        assert len(text) < 20


@pytest.mark.parametrize("size", [1, 1000, 10**6])
@pytest.mark.parametrize(("blank", "kept"), [(MAX_TAG_LENGTH, False), (MAX_TAG_LENGTH + 1, True)])
def test_blank_space_in_a_pair_is_held_back_up_to_a_bound(size: int, blank: int, kept: bool) -> None:
    message = 'A<action name="x">' + "\n" * blank + "</action>"
    text, _ = read(message[at : at + size] for at in range(0, len(message), size))
    assert text == "A" + "\n" * blank * kept


def test_complaints_do_not_flood_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "estuary.actions")
    read(["<action/>" * 1000])
    assert 0 < len(caplog.records) <= 10


def test_complaints_are_short(caplog: pytest.LogCaptureFixture) -> None:
    read(["<action " + "x" * 10_000 + "/>"])
    assert 0 < len(caplog.text) < 500


def test_entities_do_not_expand() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;">]><action name="x" a="&c;"/>'
    text, actions = read([bomb])
    assert text == bomb[: bomb.index("<action")]
    assert actions == [Action("x", {"a": "&c;"})]


def test_the_xml_reader_is_not_loaded_before_the_first_tag() -> None:
    code = (
        "import sys; from estuary._action_parser import ActionParser as P; p = P(); p.feed('a <b> <act'); p.finish();"
        "assert 'defusedxml' not in sys.modules; p.feed('<action name=\"x\"/>'); assert 'defusedxml' in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)


# --- any text, cut anywhere ---------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "<action",
        "</action",
        "<",
        ">",
        "/>",
        " ",
        "\n",
        '"',
        "'",
        "=",
        "name",
        ' name="x"',
        " a='1'",
        "&amp;",
        "&",
        "b",
        "</action>",
        "<action>",
    ]
)
TANGLES = st.lists(PIECES, max_size=25).map("".join) | st.text()


@given(TANGLES, st.data())
def test_any_text_cut_anywhere_comes_to_the_same(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    chunks = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)])]
    assert read(chunks) == read([text]) == read(text)


@given(TANGLES)
def test_a_parser_is_as_new_after_finish(text: str) -> None:
    parser = ActionParser()
    parser.feed(text)
    parser.finish()
    assert parser.finish() == ("", [])
    assert parser.feed("a < b") == ("a < b", [])


@given(TANGLES)
def test_what_is_shown_is_never_more_than_the_text(text: str) -> None:
    remaining = iter(text)
    shown, _ = read([text])
    assert all(character in remaining for character in shown)  # a subsequence, in order


NAMES = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_.-]{0,8}\Z").filter(lambda name: name.lower() not in ("name", "xmlns"))
VALUES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12)
ACTIONS = st.builds(
    Action,
    VALUES.map(str.strip).filter(len),
    st.dictionaries(NAMES, VALUES, max_size=3),
)
SPEECH = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<"), max_size=20)


def written(action: Action, quote: str, end: str, case: Any) -> str:
    escapes = {"&": "&amp;", "<": "&lt;", quote: "&quot;" if quote == '"' else "&apos;"}
    table = str.maketrans(escapes)
    pairs = [("name", action.name), *action.arguments.items()]
    return case("<action") + "".join(f" {k}={quote}{v.translate(table)}{quote}" for k, v in pairs) + end


@given(
    st.lists(
        SPEECH
        | st.tuples(
            ACTIONS,
            st.sampled_from("\"'"),
            st.sampled_from(["/>", " />", "></action>", ">\n </action>"]),
            st.sampled_from([str.lower, str.upper, str.title]),
        ),
        max_size=8,
    ),
    st.integers(1, 20),
)
def test_tags_are_taken_out_and_the_rest_is_left(message: List[Any], size: int) -> None:
    text, shown = "", ""
    actions: List[Action] = []
    gap = False
    for part in message:
        if isinstance(part, str):
            text += part
            visible = part.lstrip(" ") if gap else part
            gap = gap and not visible
            shown += visible
        else:
            text += written(*part)
            actions.append(part[0])
            gap = not shown or shown[-1].isspace()
    parser = ActionParser()
    found: List[Action] = []
    seen = ""
    for at in range(0, len(text), size):
        parsed = parser.feed(text[at : at + size])
        seen += parsed.text
        found += parsed.actions
        assert shown.startswith(seen)
        assert "<" not in seen
    assert parser.finish().actions == []
    assert (seen, found) == (shown, actions)


# --- linear -------------------------------------------------------------------------------------------------------


class CountingParser(ActionParser):
    """Counts the characters that it looks at, and how deep it reads again."""

    def __init__(self) -> None:
        super().__init__()
        self.work = 0
        self.depth = 0
        self.deepest = 0

    def _read(self, text: str) -> None:
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)
        self.work += len(text) + len(self._head)
        super()._read(text)
        self.depth -= 1

    def _take_tag(self) -> str:
        tag = super()._take_tag()
        self.work += len(tag)
        return tag


def work(text: str, size: int) -> Tuple[int, int]:
    parser = CountingParser()
    for at in range(0, len(text), size):
        parser.feed(text[at : at + size])
    parser.finish()
    return parser.work, parser.deepest


NASTY = {
    "unclosed": "<action " + "x" * 100_000,
    "angles": "<" * 30_000,
    "prefixes": "<action " * 3_000,
    "heads": "<action" * 3_000,
    "closed by quotes": "<action '>'" * 3_000,
    "alternating quotes": "<action \"'/>" * 3_000,
    "quotes that merge": "<action ='/>'\"=\"" * 3_000,
    "open quote": '<action a="' + "/>" * 50_000,
    "broken over and over": "<action a='/>\" " * 3_000,
    "broken in a broken one": '<action a="/>' + "<action b='/>" * 6_000,
    "blank": "<action>" + " " * 100_000,
    "attributes without values": "<action name=x" + " a" * 15_000 + " " * 15_000 + '="/>',
    "equals": '<action name="x' + " a=" * 15_000 + " " * 15_000 + '="/>',
    "spaces before equals": "<action name=x" + " a     =" * 5_000 + '"/>',
    "entities": '<action name="x" a="' + "&" * 60_000 + '"/>',
    "pairs": '<action name="x">\n' * 1_000,
}


@pytest.mark.parametrize("size", [1, 100, 10**6])
@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_work_is_linear_whatever_the_text(text: str, size: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    amount, depth = work(text, size)
    assert amount < 10 * len(text)
    assert depth <= 4


def test_parts_of_a_long_tag_are_not_joined_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    scanned = 0

    class Mark:
        def search(self, text: str, pos: int, limit: int) -> Any:
            nonlocal scanned
            scanned += limit - pos
            return mark.search(text, pos, limit)

    mark = _action_parser._MARK
    monkeypatch.setattr(_action_parser, "_MARK", Mark())
    read('<action name="x" ' + "a " * 25_000 + "/>")
    assert 50_000 < scanned < 60_000


@given(st.text(st.sampled_from("\"'<>/= x"), max_size=60), st.integers(1, 9))
def test_no_tag_is_read_more_than_three_times(text: str, size: int) -> None:
    text = text.replace("<", "<action ")
    inside = 0

    class Tags(CountingParser):
        def _take_tag(self) -> str:
            nonlocal inside
            tag = super()._take_tag()
            inside += len(tag)
            return tag

    parser = Tags()
    for at in range(0, len(text), size):
        parser.feed(text[at : at + size])
    parser.finish()
    assert inside <= 3 * len(text)
    assert parser.deepest <= 4
