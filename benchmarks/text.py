"""How fast text is, next to the published asyncio client and to plain python-socketio: ``python benchmarks/text.py``.

Everything runs on this machine, over loopback. The contestants take turns, each measurement in a fresh process, and
the figures are medians, so that a noisy machine is noisy for all of them. See README.md for what each figure means.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from _table import Row, Table

HERE = Path(__file__).resolve().parent
DIALECTS = ("cumulative", "delta")
WAYS = ("send", "stream", "responses")
#: no child process may take longer. Seconds
CHILD_TIMEOUT = 180.0

Place = Dict[str, Any]
Job = Tuple[str, Dict[str, Any]]
Results = Dict[str, Any]


class Plan:
    """How much is measured."""

    def __init__(self, quick: bool, chars: Optional[int]) -> None:
        self.quick = quick
        #: characters of a burst's whole answer
        self.chars = chars or (8_000 if quick else 20_000)
        #: turns of the contestants
        self.rounds = 1 if quick else 3
        self.connects = 6 if quick else 10
        self.turns = 60 if quick else 150
        self.bigs = 5 if quick else 6
        self.imports = 2 if quick else 7
        self.sessions = (10,) if quick else (1, 10, 100)
        self.chunks = (1000,) if quick else (1000, 5000)
        self.parser_chars = 200_000 if quick else 1_000_000

    def bursts(self, who: str, dialect: str, round_: int) -> List[int]:
        """The bursts of one process."""
        if who == "plain":
            # it takes so long that less has to do
            return [] if round_ and (dialect == "cumulative" or round_ > 1) else list(self.chunks)
        return [n for n in self.chunks for _ in range(2 if n == 1000 else 1)]

    def ways(self, server: str) -> Sequence[str]:
        """The ways of ours to take a burst."""
        return WAYS[:1] if self.quick and server == "gateway" else WAYS

    def burst(self, chunks: int) -> str:
        return f"burst {chunks} {max(1, self.chars // chunks)}"


# ── running ──


def child(script: str, *args: str) -> Any:
    """Run a helper to its end and read the JSON it prints last."""
    command = [sys.executable, str(HERE / script), *args]
    done = subprocess.run(command, capture_output=True, text=True, timeout=CHILD_TIMEOUT, check=False)
    if done.returncode:
        raise SystemExit(f"{script} {' '.join(args)} failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


@contextlib.contextmanager
def server(script: str) -> Iterator[Dict[str, Place]]:
    """A server in its own process, as ``{dialect: place}``."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, str(HERE / script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if line:
                yield json.loads(line)
        finally:
            process.stdin.close()
            try:
                process.wait(10.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
        log.seek(0)
        told = log.readlines()
        if told:
            print(f"{script} said {len(told)} lines, at last:\n{''.join(told[-12:])}", file=sys.stderr)
        if not line:
            raise SystemExit(f"{script} did not start")


def run(who: str, place: Place, *jobs: Job) -> List[Any]:
    """The results of the jobs, done one after the other in one fresh process."""
    started = time.perf_counter()
    results = child("_contestant.py", json.dumps({"who": who, "place": place, "jobs": jobs}))
    _progress(f"{who} {', '.join(name for name, _ in jobs)} {time.perf_counter() - started:.1f} s")
    return list(results)


def _progress(what: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)


def contestants(ways: Sequence[str] = ("send",)) -> List[str]:
    return [*(f"ours:{way}" for way in ways), *(["peer"] if importlib.util.find_spec("estuary_sdk") else []), "plain"]


# ── measuring ──


def measure_single(plan: Plan, servers: Dict[str, Dict[str, Place]]) -> Results:
    """Connecting, one short answer, one large one: seconds, of each contestant."""
    found: Dict[str, Dict[str, List[float]]] = {name: {} for name in servers}
    for _ in range(plan.rounds):
        for name, places in servers.items():
            for who in contestants():
                connects, turns, bigs = run(
                    who,
                    places["cumulative"],
                    ("connects", {"count": plan.connects + 1}),
                    ("turns", {"text": "How are you?", "count": plan.turns, "warm_up": 5}),
                    ("turns", {"text": "big 100000", "count": plan.bigs, "warm_up": 2}),
                )
                first, *later = connects
                into = found[name]
                into.setdefault(f"first connect {who}", []).append(first - statistics.median(later))
                into.setdefault(f"connect {who}", []).extend(later)
                into.setdefault(f"turn {who}", []).extend(turns)
                into.setdefault(f"big {who}", []).extend(bigs)
    return found


def measure_bursts(plan: Plan, servers: Dict[str, Dict[str, Place]]) -> Results:
    """``{server, dialect, chunks, who: [{wall, cpu, server}, …]}``."""
    found: Dict[str, List[Dict[str, float]]] = {}
    for round_ in range(plan.rounds):
        for name, places in servers.items():
            for dialect in DIALECTS:
                for who in contestants(plan.ways(name)):
                    chunks = plan.bursts(who, dialect, round_)
                    if not chunks:
                        continue
                    texts = ["burst 50 20", *map(plan.burst, chunks)]
                    (results,) = run(who, places[dialect], ("bursts", {"texts": texts}))
                    for count, result in zip(chunks, results[1:]):
                        found.setdefault(f"{name} {dialect} {count} {who}", []).append(result)
    return found


def measure_idle(plan: Plan, place: Place) -> Results:
    return {
        f"{count} {who}": run(who, place, ("idle", {"count": count}))[0]
        for count in plan.sessions
        for who in contestants()
    }


def measure_imports(plan: Plan) -> Results:
    """Seconds that a statement takes in a fresh interpreter."""
    statements = {
        "import estuary": "import estuary",
        "from estuary import Session": "from estuary import Session",
        "with the transport": "from estuary import Session; import estuary.transport, cattrs",
        "import socketio": "import socketio",
    }
    if importlib.util.find_spec("estuary_sdk"):
        statements["import estuary_sdk"] = "import estuary_sdk"
    found: Dict[str, List[float]] = {name: [] for name in statements}
    for round_ in range(plan.imports + 1):
        for name, statement in statements.items():
            code = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
            done = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, timeout=CHILD_TIMEOUT, check=True
            )
            if round_:  # the first one may have to compile
                found[name].append(float(done.stdout))
    _progress("imports")
    return found


# ── the table ──


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def single_rows(name: str, found: Dict[str, List[float]]) -> Iterator[Row]:
    def ms(what: str, share: float) -> List[Optional[float]]:
        return [
            1000 * quantile(found[f"{what} {who}"], share) if f"{what} {who}" in found else None
            for who in ("ours:send", "peer", "plain")
        ]

    count = {what: len(found[f"{what} ours:send"]) for what in ("connect", "turn", "big")}
    yield Row(f"{name}: connect, median of {count['connect']}", "ms", *ms("connect", 0.5))
    yield Row(f"{name}: turn, median of {count['turn']}", "ms", *ms("turn", 0.5), most=1.2)
    yield Row(f"{name}: turn, 99th of 100", "ms", *ms("turn", 0.99), most=1.2)
    yield Row(f"{name}: one answer of 100 kB, median of {count['big']}", "ms", *ms("big", 0.5))


def burst_rows(plan: Plan, found: Dict[str, List[Dict[str, float]]]) -> Iterator[Tuple[Row, Row]]:
    """Throughput and processor time of each burst."""

    def median(key: str, what: str) -> Optional[float]:
        return statistics.median(r[what] for r in found[key]) if key in found else None

    for name in ("gateway", "replay"):
        for dialect in DIALECTS:
            for chunks in plan.chunks:
                where = f"{name} {dialect} {chunks}"
                for way in plan.ways(name):
                    rates: List[Optional[float]] = []
                    costs: List[Optional[float]] = []
                    for who in (f"ours:{way}", "peer", "plain"):
                        wall, used = median(f"{where} {who}", "wall"), median(f"{where} {who}", "cpu")
                        rates.append(None if wall is None else chunks / wall)
                        costs.append(None if used is None else used / chunks * 1e6)
                    what = f"{name}, {dialect}, {chunks:,} chunks, {way}"
                    wall, used, served = (
                        median(f"{where} ours:{way}", key) or 1.0 for key in ("wall", "cpu", "server")
                    )
                    busy = f"{100 * used / wall:.0f} % / {100 * served / wall:.0f} %"
                    yield (
                        Row(what, "chunks/s", *rates, least=1.2, least_plain=20.0, note=busy),
                        Row(what, "µs/chunk", *costs, most=0.8),
                    )


def idle_rows(plan: Plan, found: Results) -> Iterator[Row]:
    def of(what: str, count: int) -> List[Optional[float]]:
        return [found.get(f"{count} {who}", {}).get(what) for who in ("ours:send", "peer", "plain")]

    for count in plan.sessions:
        # one session more or less is lost in what the allocator takes at once
        limit = 120.0 if count >= 10 else None
        yield Row(f"{count} idle: memory of each", "kB", *of("kB", count), limit=limit)
        yield Row(f"{count} idle: threads of each", "", *of("threads", count), limit=3.0)


def import_rows(found: Dict[str, List[float]], first: Dict[str, List[float]]) -> Iterator[Row]:
    def ms(values: Optional[List[float]]) -> Optional[float]:
        return None if not values else 1000 * statistics.median(values)

    peer, plain = ms(found.get("import estuary_sdk")), ms(found["import socketio"])
    yield Row("import estuary", "ms", ms(found["import estuary"]), peer, plain, most=0.25)
    yield Row("from estuary import Session", "ms", ms(found["from estuary import Session"]), peer, plain)
    yield Row("… and what the first connect loads", "ms", ms(found["with the transport"]), peer, plain)
    firsts = [ms(first.get(f"first connect {who}")) for who in ("ours:send", "peer", "plain")]
    yield Row("first connect, above a later one", "ms", *firsts)


def parser_rows(found: Dict[str, float]) -> Iterator[Row]:
    for chunk in (1, 100):
        yield Row(
            f"chunks of {chunk} (third column: naive, on 20 kB)", "MB/s", found[f"ours {chunk}"], None,
            found[f"naive {chunk}"],
        )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="about 20 seconds, and rough")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every measurement there, too")
    parser.add_argument("--chars", type=int, help="characters of a burst's answer (20000; 8000 with --quick)")
    args = parser.parse_args()
    if importlib.util.find_spec("estuary_sdk") is None:
        print("estuary-sdk is not installed (it needs Python 3.11): its column stays empty", file=sys.stderr)
    started, load = time.perf_counter(), os.getloadavg()[0]
    plan = Plan(args.quick, args.chars)
    with server("_gateway.py") as gateway, server("_replay.py") as replay:
        servers = {"gateway": gateway, "replay": replay}
        single = measure_single(plan, servers)
        idle = measure_idle(plan, gateway["delta"])
        bursts = measure_bursts(plan, servers)
    imports = measure_imports(plan)
    parsing = child("_parser.py", str(plan.parser_chars))
    took = time.perf_counter() - started
    _progress("")

    tables = [
        Table("One thing at a time", [row for name in servers for row in single_rows(name, single[name])]),
    ]
    rows = list(burst_rows(plan, bursts))
    tables.append(
        Table(
            f"Bursts of an answer of {plan.chars:,} characters: throughput", [a for a, _ in rows], "busy: we / server"
        )
    )
    tables.append(Table("The same bursts: processor time of the client", [b for _, b in rows]))
    tables.append(
        Table("Idle sessions in one process, a handler registered, one turn done", list(idle_rows(plan, idle)))
    )
    tables.append(Table("Loading", list(import_rows(imports, single["gateway"]))))
    tables.append(Table(f"Action parser on {plan.parser_chars / 1e6:g} MB with tags", list(parser_rows(parsing))))
    for table in tables:
        print(table.render())
        print()
    judged = [verdict for table in tables for verdict in table.verdicts()]
    short = judged.count(False)
    print(
        f"{len(judged)} figures have a mark to reach; {short or 'none'} fall{'s' if short == 1 else ''} short. "
        f"Python {platform.python_version()}, {took:.0f} s; load before {load:.1f} on {os.cpu_count()} cores."
    )
    if load > (os.cpu_count() or 1) / 4:
        print("The machine was busy with something else: trust the processor times more than the throughput.")
    if args.json:
        raw = {
            "python": platform.python_version(),
            "seconds": took,
            "load": load,
            "single": single,
            "bursts": bursts,
            "idle": idle,
            "imports": imports,
            "parser": parsing,
            "tables": {table.title: [row.as_dict() for row in table.rows] for table in tables},
        }
        args.json.write_text(json.dumps(raw, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
