"""What words mean to the companion when it is asked to act: verbs by concept, nouns by kind, roles of parameters."""

from __future__ import annotations

import re

from ._words import word_set

__all__ = ["CONCEPTS", "GAMES", "IMPERATIVES", "OPEN_VERBS", "kind_of", "name_words", "role_of", "stem"]


def _table(lines: str) -> dict[str, frozenset[str]]:
    table: dict[str, frozenset[str]] = {}
    for line in lines.strip().splitlines():
        head, _, rest = line.partition(":")
        table[head.strip()] = frozenset([head.strip(), *rest.split()])
    return table


#: concept → the single verbs that express it. Phrasal verbs ("turn … on", "take me to …") are read in ``_actions``.
CONCEPTS = _table("""
    go: navigate walk travel drive head teleport visit guide lead fly return proceed escort transport move goto warp
    on: enable activate illuminate light
    off: disable deactivate extinguish kill
    up: raise increase louder brighten boost
    down: lower decrease reduce dim quieter
    set: change adjust choose select pick configure update
    toggle: flip
    play: sing perform
    stop: halt cease end cancel abort quit
    pause: hold freeze
    resume: continue unpause
    start: begin launch run initiate
    show: display present reveal view
    hide: conceal
    open: unlock
    close: shut
    lock: secure
    unlock:
    send: text message mail email forward post
    say: speak announce
    buy: order purchase
    add: append put insert
    remove: delete clear erase drop
    search: find lookup google locate seek
    call: phone dial ring
    remind:
    book: reserve schedule
    dance: boogie
    wave: greet
    jump: hop leap
    sit:
    stand: rise
    spin: rotate twirl
    smile: grin
    laugh: giggle
    cry: weep
    nod:
    bow: curtsy
    clap: applaud
    give: hand pass offer
    fetch: get bring retrieve
    pickup: grab take collect
    follow: accompany
    come: approach
    look: watch inspect examine gaze
    attack: hit fight strike
    capture: snap photograph shoot
    record: tape
    save: store
    mute: silence
    unmute:
    cook: prepare make bake brew
    draw: paint sketch
    throw: toss
    wear: equip don
    use: apply
    express: emote
    sleep: rest
    wake:
    wait: stay
    translate:
    create: generate build craft
    zoom:
    point:
    hug: embrace
    kiss:
    blink: wink
    vibrate: buzz
    print:
    read:
    write: note jot
""")

_NOUNS = _table("""
    light: lamp lighting illumination lantern bulb
    music: song track tune playlist album melody
    volume: sound loudness
    photo: picture selfie snapshot photograph image pic
    tv: television telly
    timer: countdown
    message: sms text
    email: mail
    temperature: thermostat heating heat
    color: colour
    movie: film
    curtain: blind drape shade
    inventory: bag backpack
    room: place location
    emotion: mood feeling expression face
    speed: pace
    brightness:
""")
_KIND = {word: head for head, words in _NOUNS.items() for word in words}

#: Verbs that take anything as their object: "play some jazz" means ``play_music(genre="jazz")``.
OPEN_VERBS = frozenset(
    {"play", "search", "call", "remind", "buy", "send", "say", "draw", "translate", "express", "cook"}
)
GAMES = word_set("""
    chess game games cards football tennis tag dead draughts checkers poker hide dumb fair cool nice
""")

_ROLES = {
    "place": "target destination place location room where to direction area position waypoint point spot scene site "
    "city town country address goal",
    "person": "recipient person who user contact player friend receiver addressee whom",
    "text": "message text content body note words line phrase caption reminder task sentence description query "
    "question "
    "title subject comment speech utterance",
    "name": "name label called",
    "time": "time when duration date at",
}
_ROLE = {word: role for role, words in _ROLES.items() for word in words.split()}

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FILLER = word_set("""
    the a an to of my your user me us it by on-off do
""")

#: Every word that may begin a command.
IMPERATIVES = frozenset(word for words in CONCEPTS.values() for word in words) | frozenset(
    ["turn", "switch", "put", "power", "take", "bring", "go", "make", "let", "tell", "give", "lead", "come", "shut"]
)


def stem(word: str) -> str:
    """The singular ("lights" → "light"), good enough to compare nouns."""
    word = word.lower().strip(".,:;!?\"'()")
    if len(word) > 3 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def kind_of(word: str) -> str:
    """The noun that stands for all its synonyms: "lamps" → "light"."""
    word = stem(word)
    return _KIND.get(word, word)


def name_words(name: str) -> list[str]:
    """The words of a name: "set_volume", "setVolume" and "set-volume" are ["set", "volume"]."""
    return [word.lower() for word in re.split(r"[\W_]+", _CAMEL.sub(" ", name)) if word and word.lower() not in _FILLER]


def role_of(parameter: str) -> str:
    """What a parameter is by its name: ``place``, ``person``, ``text``, ``name``, ``time`` or ``""``."""
    for word in reversed(name_words(parameter) or [parameter.lower()]):
        if word in _ROLE:
            return _ROLE[word]
    return ""
