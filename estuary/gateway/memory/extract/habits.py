"""What is so in general: "I play the guitar", "I'm learning Japanese", "I've never been to Asia"."""

from __future__ import annotations

import re

from ...engines._words import LANGUAGES, word_set
from ..base import FactChange
from .notes import Notes
from .people import companions
from .statements import Statement
from .voice import owned, proper_language, third_person
from .words import HABITS, PARTICIPLES

__all__ = ["read_habits"]

_ADVERBS = (
    r"(?:(?:really|also|still|always|usually|often|sometimes|mostly|mainly|only|actually|"
    r"just|currently|now|normally|never|"
    r"rarely|hardly ever|typically|generally|both|even|already|regularly|occasionally|secretly) ){0,3}"
)
_PRESENT = re.compile(rf"(?:i|we) {_ADVERBS}(?P<verb>[a-z-]+) (?P<rest>.+)$", re.I)
_NOT = re.compile(
    rf"(?:i|we) {_ADVERBS}(?:don't|do not|can't|cannot|no longer|never) (?:(?:really|"
    rf"usually|even|actually|normally|ever|generally) ){{0,2}}"
    r"(?P<verb>live|drink|eat|smoke|drive|cook|dance|swim|sing|read|watch|work|play|own|wear|"
    r"celebrate|ride|exercise|go to|have (?:any|a|kids|children|siblings|pets)|"
    r"use|believe in|speak|sleep well|take|get along|tolerate|handle|study|do) ?(?P<rest>.*)$",
    re.I,
)
_DOING = re.compile(
    rf"(?:i|we)(?:'m| am|'re| are|'ve been| have been) {_ADVERBS}"
    r"(?P<verb>learning|studying|training|writing|working on|working from|working towards|"
    r"working nights|working part|taking (?:a|an|\w+ lessons|\w+ classes|lessons|classes|"
    r"driving)|saving|looking for|building|"
    r"renovating|restoring|majoring|doing (?:a|an|my)|applying|raising|volunteering|"
    r"teaching|running a|running my|dating|seeing (?:a|someone)|trying to (?:learn|quit|"
    r"stop|lose|get|eat|find|save|have)|"
    r"reading|rereading|watching|rewatching|bingeing|binge-watching|listening to|"
    r"practising|practicing|preparing|growing|knitting|collecting|playing|sharing|renting|"
    r"staying|fostering|"
    r"organising|organizing|planning|married|engaged|living|recovering|job hunting|house "
    r"hunting|coaching|making (?:a|an|my))\b(?P<rest>.*)$",
    re.I,
)
_BEING = re.compile(
    rf"(?:i|we)(?P<be>'m| am|'re| are) {_ADVERBS}(?P<what>(?:(?:a|an|the) (?:(?:strict|big|"
    rf"huge|total|complete|bit of a|proud|recovering|"
    r"committed|keen|avid|passionate|amateur|serious|terrible|real|very|lifelong|"
    r"practising|practicing|single|new|former|certified|trained|"
    r"qualified|hobby|good|decent|bad|light|heavy|early|first-year|second-year|third-year|"
    r"final-year|part-time|full-time|only|middle|"
    r"oldest|youngest|eldest|night) )*(?:vegetarian|vegan|pescatarian|coeliac|celiac|"
    r"morning person|night person|night owl|early bird|"
    r"runner|cyclist|swimmer|climber|hiker|reader|gamer|smoker|drinker|coffee drinker|tea "
    r"drinker|sleeper|cat person|dog person|"
    r"people person|introvert|extrovert|christian|muslim|jew|buddhist|catholic|hindu|"
    r"atheist|father|mother|mom|mum|dad|parent|"
    r"stay-at-home mum|stay-at-home mom|stay-at-home dad|grandmother|grandfather|twin|"
    r"only child|middle child|oldest child|oldest|youngest|eldest|"
    r"widow|widower|orphan|beginner|perfectionist|feminist|foodie|baker|cook|gardener|"
    r"singer|student|member of [\w' ]{2,40}|"
    r"volunteer|drummer|guitarist|pianist|collector|bookworm|workaholic|homebody|cancer "
    r"survivor|veteran|immigrant|refugee|"
    r"scorpio|leo|virgo|libra|gemini|aries|taurus|capricorn|aquarius|pisces))"
    r"|(?:vegan|vegetarian|pescatarian|lactose intolerant|gluten intolerant|gluten-free|"
    r"coeliac|celiac|diabetic|asthmatic|dyslexic|autistic|colou?r[- ]blind|"
    r"left[- ]handed|right[- ]handed|short-sighted|deaf|blind|pregnant|expecting|married|"
    r"engaged|divorced|single|widowed|separated|"
    r"gay|lesbian|bisexual|bilingual|trilingual|introverted|extroverted|shy|religious|"
    r"jewish|muslim|christian|catholic|buddhist|hindu|atheist|"
    r"on (?:a diet|medication|antidepressants|parental leave|maternity leave|paternity "
    r"leave|sick leave|sabbatical)|in (?:my (?:first|second|third|final|last) year|"
    r"my (?:\w+ )?(?:twenties|thirties|forties|fifties|sixties)|an? (?:band|choir|book "
    r"club|club|team|orchestra|quiz team|league|running club|theatre group|drama group|"
    r"group|long-distance relationship|relationship|wheelchair|swimming club|chess club|"
    r"union)|therapy|recovery|college|high school)|"
    r"good at|bad at|terrible at|(?:\d+|one|two|three|four|five|six|seven|eight|nine) (?:months|weeks) pregnant|"
    r"(?:italian|french|german|spanish|british|english|irish|scottish|welsh|american|"
    r"canadian|australian|dutch|belgian|swedish|"
    r"norwegian|danish|finnish|polish|czech|greek|turkish|portuguese|brazilian|mexican|"
    r"indian|chinese|japanese|korean|vietnamese|russian|"
    r"ukrainian|egyptian|moroccan|nigerian|kenyan|argentinian|colombian|swiss|austrian|"
    r"hungarian|romanian)(?: citizen)?$|"
    r"half[- ]\w+|\d'\d+|\d+ (?:cm|feet|foot)|allergic))\b(?P<rest>.*)$",
    re.I,
)
_AILING = re.compile(
    r"(?:i|we) (?:often |always |still |sometimes |really )?(?:get|suffer from) (?:really "
    r"|very |terrible |bad |awful |horrible |the |a lot of |lots of |frequent )*"
    r"(?:migraines?|headaches|seasick|carsick|travel sick|motion sick|hay ?fever|panic "
    r"attacks|nosebleeds|vertigo|homesick|heartburn|cramps|hiccups|nightmares|insomnia|"
    r"back pain)\b.*",
    re.I,
)
_NOT_SINCE = re.compile(
    r"(?:i|we) (?:haven't|have not) (?P<verb>[a-z]+) (?P<rest>.*\b(?:since|in (?:years|"
    r"ages|months|\w+ years)|for (?:years|ages|\w+ years))\b.*)",
    re.I,
)
_THINKING = re.compile(
    r"(?:i|we)(?:'m| am|'re| are|'ve been) (?:also |seriously )?(?:thinking (?:of|about)|"
    r"considering|toying with the idea of) \w+ing .+",
    re.I,
)
_NOT_BEING = re.compile(
    r"(?:i|we)(?:'m not| am not|'re not| are not) (?:really |exactly )?(?:a |an "
    r")?(?:morning person|night person|religious|vegan|vegetarian|married|"
    r"people person|cat person|dog person|smoker|drinker|single|good at|much of a|big on|into)\b",
    re.I,
)
_HAVE = re.compile(
    r"(?:i|we)(?P<have> have|'ve got| have got| own| suffer from| was diagnosed with| got)(?: also)? "
    r"(?P<what>(?:a |an |two |three |four |five |my own |the |some |several |really |very "
    r"|severe |chronic |bad |mild |type |blue |green |"
    r"brown |red |long |short |curly |dark |blond |blonde |small |big |old |little |huge |"
    r"tiny |vintage |beautiful |lovely |own |"
    r"second-hand |new |master's |bachelor's |fear of |phobia of |degree |phd |sweet |"
    r"green |terrible |good |bad |one |1 |2 |weak |part-time |job |sister|brother|only )*"
    r"(?:adhd|asthma|diabetes|migraines?|insomnia|arthritis|anxiety|depression|epilepsy|"
    r"eczema|hay ?fever|allerg(?:y|ies)|fear|phobia|"
    r"eyes|hair|tattoos?|freckles|glasses|garden|balcony|house|flat|apartment|cottage|"
    r"boat|car|motorbike|motorcycle|bike|van|caravan|campervan|"
    r"piano|guitar|violin|drum kit|record player|vinyl collection|collection|stamp "
    r"collection|podcast|blog|channel|youtube channel|"
    r"shop|bakery|cafe|café|restaurant|company|business|startup|farm|allotment|greenhouse|"
    r"telescope|degree|phd|master's|"
    r"tooth|thumb|memory|knee|back|heart condition|sense of (?:humou?r|direction)|job|"
    r"siblings?|kids|children|grandchildren|"
    r"sisters?|brothers?|sons?|daughters?|twins|nieces?|nephews?|cousins?|plants|"
    r"houseplants|chickens|bees))\b(?P<rest>.*)$",
    re.I,
)
_NEVER = re.compile(
    r"(?:i|we)(?:'ve| have)(?:n't ever| not ever)? never (?P<what>been (?:to|in|on|abroad|"
    r"skiing)|learned|learnt|seen|tried|eaten|flown|had|read|met|owned|smoked|"
    r"ridden|driven|travelled|traveled|left|married)\b|(?:i|we) never (?:learned|learnt|"
    r"finished|went|met|knew|married|had)\b",
    re.I,
)
_SINCE = re.compile(
    r"(?:i|we)(?:'ve| have) (?!to\b|got\b)[a-z]+ (?P<rest>.*(?:\bfor (?:about |over |"
    r"almost |nearly |more than |a |the )?(?:\d+|past|last|two|"
    r"three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|years|"
    r"decades|many|several|few|couple|long)|\bsince\b|\ball my life).*)",
    re.I,
)
_USED = re.compile(
    r"(?:i|we) used to (?P<what>live|work|be|play|have|smoke|own|drive|teach|run|sing|"
    r"study|dance|swim|do|go|collect|row|act|paint|drink|eat|hate|love|like|practise|"
    r"practice|volunteer|travel|box|ride|surf|write)\b",
    re.I,
)
_STUDIED = re.compile(
    r"(?:i|we) (?:(?:was|were) an? (?!kid\b|child\b|boy\b|girl\b|teen|little|baby\b|bit\b|"
    r"lot\b|fool|idiot|mess)[\w -]{3,30}|worked (?:as|in|for|at)|lived (?:in|with)|"
    r"studied|played|served|taught|majored in|grew up (?:with|on|by|as|speaking|without)|"
    r"spent \w+ years|"
    r"was raised|was adopted|graduated)\b",
    re.I,
)
_NTH = re.compile(
    r"(?:it's|it is|this is|it'll be|that's) my (?P<what>(?:first|second|third|fourth|"
    r"fifth|sixth|last|\d+(?:st|nd|rd|th)) (?:try|attempt|go|time|marathon|year|season|"
    r"term|semester|lesson|job|"
    r"child|baby|visit|trip|week|month)\b.*)",
    re.I,
)
#: "maths is way better", "bees are brilliant": a taste, told of the thing itself.
_JUDGED = re.compile(
    r"(?P<what>[a-z][\w-]+)(?: [\w-]+)? (?:is|are) (?:just |so |really |absolutely |way |"
    r"much |the |pretty |honestly |simply )*(?:brilliant|better|best|amazing|awesome|"
    r"fantastic|wonderful|"
    r"overrated|underrated|delicious|disgusting|gross|boring|awful|terrible|horrible|"
    r"nonsense|rubbish|great fun|beautiful|my thing|my jam|my life|life)(?: though| "
    r"though,)?$"
)
_NOTHING = word_set("""
    it that this he she they you there these those who what everything everyone all nothing life today
    yesterday tomorrow weather food service work the my your his her their our things mine yours school which
    so
""")
_WISH = re.compile(
    r"(?:i|we)(?:'d| would) (?:really |also |just )?(?:love|like) to (?!know|hear|ask|"
    r"talk|hang|help|see you|have a|order|say|think|tell)|"
    r"(?:i|we)(?:'ve| have) (?:always )?(?:wanted|dreamed|dreamt) (?:to|of|about)|(?:i|"
    r"we) (?:really |always |also )?(?:want|hope|dream of|dream about|aim) (?:to )?"
    r"(?:learn|visit|become|be an?|travel|open|start|write|move|live|get|buy|run|go to|"
    r"see|finish|own|have|study|quit|retire|build|work|opening|becoming|living|"
    r"travelling)\b|my (?:dream|goal|ambition|"
    r"resolution|bucket list|new year's resolution) (?:is|for)\b",
    re.I,
)
_TASTE = re.compile(
    r"(?:i|we)(?:'m| am|'re| are)? ?(?:(?:really|just|absolutely|also|still|totally|"
    r"always) )*(?:love|like|enjoy|adore|hate|can't stand|prefer|dislike|detest|"
    r"don't (?:really )?(?:like|enjoy)|addicted to|hooked on|obsessed with|a sucker for|"
    r"partial to|fond of|keen on|tired of|sick of|not a fan of|"
    r"not keen on|not big on|into|would rather|'d rather|take my (?:coffee|tea)|drink my "
    r"(?:coffee|tea)|can't live without|can't start my day without|"
    r"could live on|swear by|have a (?:soft spot|weakness|thing) for|have a sweet tooth|can't resist) (?P<rest>.+)",
    re.I,
)
_EMPTY = re.compile(
    r"(?:it|that|this|these|those|you|your|him|her|them|how|what|when|the (?:way|idea|"
    r"sound of that|fact|thought)|talking|chatting|hearing|to (?:say|admit|think|be|hear|"
    r"see|know|ask|thank|interrupt|bother)|everything|something|nothing|being here|here|that's|so)\b",
    re.I,
)
_FREQUENT = re.compile(
    r"\b(?:every|each|once a|twice a|times a|on (?:mon|tues|wednes|thurs|fri|satur|"
    r"sun)days|on weekends|at weekends|a lot|daily|weekly|most (?:days|mornings|weekends|"
    r"nights)|"
    r"in the (?:mornings?|evenings?)|at night|in my (?:free|spare) time|for a living|for "
    r"fun|as a hobby|regularly|all the time|professionally|"
    r"of (?:the|every|each) (?:month|week|year)|at lunch(?:time)?|before (?:work|bed)|"
    r"after work|a day|a week|a month|for \d+ years|on sundays)\b",
    re.I,
)
_OBJECT = re.compile(
    r"(?:a|an|the|my|our|in|for|at|with|to|as|on|from|about|glasses|contact|hearing|no|"
    r"two|three|four|too much|some|[\w-]+s\b|[\w-]+)\b",
    re.I,
)
_FREE = word_set("""
    play collect study practise practice drive ride run swim cycle hike climb jog surf ski skate dance sing
    paint draw write bake cook knit sew garden grow own wear teach volunteer coach commute drink smoke
    meditate row sail fish hunt camp brew foster breed suffer struggle stutter snore sleepwalk share rent
""")
_CURRENT = re.compile(r"\b(?:right now|now|tonight|today|tomorrow|you|your|that|this|it|these)\b", re.I)
_OWN_THING = re.compile(
    r"my (?P<what>(?:\w+ ){0,2}?(?:commute|hobby|hobbies|house|flat|apartment|car|bike|"
    r"garden|degree|major|school|university|office|company|shop|bakery|"
    r"star sign|zodiac sign|middle name|surname|last name|maiden name|nickname|shoe size|"
    r"eyes|hair|hometown|neighbourhood|street|shift|shifts|band|team|"
    r"native language|mother tongue|religion|instrument|drink|order|comfort food|guilty "
    r"pleasure|specialty|speciality|wedding anniversary|anniversary|"
    r"pronouns|height|blood type|phone|dream job|alarm|biggest fear|worst fear|fear|knee|"
    r"back|family|parents|ancestors|roots)|" + "|".join(sorted(LANGUAGES)) + r")"
    r"(?:'s| is| are| was| were| come| comes) (?P<rest>.+)",
    re.I,
)
_OWN_DULL = re.compile(
    r"(?:so|really|very|great|fine|good|bad|ok|okay|nice|a (?:mess|bit|lot)|not|on|here|"
    r"there|broken|slow|dead|getting|killing|fun|long|the best|amazing|beautiful|"
    r"lovely)\b",
    re.I,
)


def read_habits(statement: Statement, notes: Notes) -> bool:
    """A lasting state, a habit, a possession, a past of long standing, a wish."""
    text = statement.text
    nth = _NTH.match(text)
    if nth:
        notes.remember(f"Is on their {nth['what']}", "fact", statement, confidence=0.7)
        return True
    judged = _JUDGED.match(text)
    if judged and judged["what"].lower() not in _NOTHING:
        notes.remember(f"Thinks {text.strip(' ,')}", "preference", statement, confidence=0.65)
        return True
    kind = _kind(text)
    if kind is None:
        return _own(statement, notes)
    content = proper_language(third_person(text))
    if not content and kind == "wish":
        content = proper_language(owned(text))
    if not content:
        return False
    memory_type, confidence, fact = kind if kind == "preference" else "fact", 0.8, None
    supersedes: list[str] = []
    if kind == "wish":
        memory_type, confidence = "preference", 0.7
    if kind == "thinking":
        memory_type, confidence = "event", 0.65
    if kind == "ended":
        memory_type, supersedes = "correction", [_bare(text)]
    if kind == "preference":
        fact = None
    if kind == "wish" or kind == "used":
        content, _ = notes.dated(content, tense="past" if kind == "used" else "")
    if kind in {"not", "used"} and statement.corrective:
        memory_type, supersedes = "correction", [_bare(text)]
    notes.remember(content, memory_type, statement, confidence=confidence, fact=fact, supersedes=supersedes)
    companions(statement, notes)
    return True


def _kind(text: str) -> str | None:
    wish = _WISH.match(text)
    if wish:
        return None if re.search(r"\byou\b", text, re.I) else "wish"
    if _THINKING.match(text):
        return "thinking"
    if _AILING.match(text):
        return "state"
    since = _NOT_SINCE.match(text)
    if since and since["verb"].lower() in PARTICIPLES and not _CURRENT.search(since["rest"]):
        return "not"
    if _USED.match(text):
        return "used"
    taste = _TASTE.match(text)
    if taste:
        return None if _EMPTY.match(taste["rest"]) else "preference"
    denied = _NOT.match(text)
    if denied:
        rest = denied["rest"]
        if re.search(r"\b(?:any ?more|any longer)\b|\bno longer\b", text, re.I):
            return "ended"
        if _CURRENT.search(rest) or (
            denied["verb"].lower() in {"do", "use", "take", "have a", "read", "play", "study"} and not rest
        ):
            return None
        return "not"
    if _NOT_BEING.match(text) or _NEVER.match(text):
        return "not"
    if _BEING.match(text) or _HAVE.match(text):
        return "state" if not re.search(r" allergic$", text) else None
    doing = _DOING.match(text)
    if doing:
        verb = doing["verb"].lower()
        if verb in {
            "reading",
            "writing",
            "playing",
            "looking for",
            "seeing someone",
            "staying",
            "making a",
        } and _CURRENT.search(doing["rest"]):
            return None
        return "state" if doing["rest"].strip() or " " in verb or verb in {"married", "engaged"} else None
    if _SINCE.match(text) or _STUDIED.match(text):
        return "state"
    if re.match(r"(?:i|we) (?:\w+ )?(?:snore|stutter|sleepwalk)(?:$|,| )", text, re.I):
        return "state"
    present = _PRESENT.match(text)
    if present and present["verb"].lower() in HABITS:
        verb, rest = present["verb"].lower(), present["rest"]
        if _FREQUENT.search(rest):
            return None if re.search(r"\b(?:you|your)\b", rest) else "state"
        if verb in _FREE and not _CURRENT.search(rest) and _OBJECT.match(rest):
            return "state"
        if verb in {"live", "work"} and re.match(
            r"(?:with|alone|from home|nights|night shifts|part[- ]time|full[- ]time|remotely|on "
            r"an? |at a|next to|near|in an?|by the|weekends|long hours|shifts|freelance|for "
            r"myself|two jobs)\b",
            rest,
        ):
            return "state"
        if (
            verb in {"drink", "eat", "cook", "ride", "play", "run", "cycle"}
            and re.search(r"\bnow$", rest)
            and not re.search(r"\b(?:right now|you|it)\b", rest)
        ):
            return "state"
        if (
            verb in {"have", "take", "drink", "eat", "get"}
            and re.match(r"(?:i|we) (?:always|usually|only|never|normally|mostly) ", text, re.I)
            and not re.match(r"(?:to|been|a feeling|the feeling|this|that|it)\b", rest)
        ):
            return "state"
        if (
            verb == "keep"
            and re.match(r"(?:an?|two|three|four|five|six|some|my|bees|hens|chickens|\d)\b", rest)
            and not re.match(r"(?:a (?:straight|secret|close)|my (?:word|mouth|cool|eye))", rest)
        ):
            return "state"
        if verb in {"believe", "belong", "support", "follow", "root", "avoid", "keep"} and re.match(
            r"(?:in (?!you)|to |for |[A-Z]|bees|chickens|a |dairy|gluten|meat|sugar)", rest
        ):
            return "state"
        if verb in {"go", "get", "wake", "take", "make", "brew"} and re.match(
            r"(?:to (?:the gym|church|bed|work by|university|school|college|mosque|therapy|yoga)|"
            r"up at|up (?:very )?early|by (?:bike|bus|train|tram|car)|my own|the (?:bus|train|"
            r"tram) to|vitamins|medication|insulin|pills)\b",
            rest,
        ):
            return "state"
        if verb in {"do", "build", "make", "code"} and re.match(
            r"(?:yoga|pilates|karate|judo|ballet|pottery|crossfit|boxing|martial arts|taekwondo|"
            r"gymnastics|calligraphy|origami|model|furniture|jewellery|jewelry|photography|"
            r"ceramics|improv|stand-up|a lot of)\b",
            rest,
        ):
            return "state"
    return None


def _bare(text: str) -> str:
    """What no longer holds, for finding the memory that says so: "I don't drink coffee any more" → "drink coffee"."""
    bare = re.sub(
        r"^(?:i|we) (?:\w+ )?(?:don't|do not|no longer|never|can't|used to|cannot)(?: really| even| actually)? ",
        "",
        text,
        flags=re.I,
    )
    return re.sub(r",? (?:any ?more|any longer|these days|now|at all|though)\b.*$", "", bare, flags=re.I).strip(" ,")


def _own(statement: Statement, notes: Notes) -> bool:
    match = _OWN_THING.match(statement.text)
    if not match or _OWN_DULL.match(match["rest"]):
        return False
    what = match["what"].lower()
    fact = (
        FactChange("nickname", match["rest"].strip(" ."))
        if what == "nickname" and len(match["rest"].split()) == 1
        else None
    )
    notes.remember(proper_language(owned(statement.text)), "fact", statement, confidence=0.8, fact=fact)
    return True
