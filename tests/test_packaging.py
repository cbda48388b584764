"""The package as others get it: light to import, typed, of one version, free to use, tied to no machine."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import estuary

PACKAGE = Path(estuary.__file__).parent
REPOSITORY = Path(__file__).parent.parent
MODULES = sorted(PACKAGE.rglob("*.py"))

# What `import estuary` must not load: the extras, and the transport, which is loaded when it is first needed.
HEAVY = [
    "IPython",
    "aiohttp",
    "click",
    "django",
    "engineio",
    "estuary.gateway",
    "fastapi",
    "flask",
    "livekit",
    "matplotlib",
    "numpy",
    "openai",
    "pyaudio",
    "requests",
    "rich",
    "socketio",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "websocket",
]

# Licences of dependencies that suit MIT-licensed code and whoever uses it, closed source included. (MPL-2.0
# binds changes to its own files only.)
COMPATIBLE = re.compile(
    r"\b(MIT|BSD|Apache|ISC|MPL-2\.0|Mozilla Public License 2\.0|PSF|PSFL|Python Software Foundation)\b"
)
INCOMPATIBLE = re.compile(r"\b([AL]?GPL|Affero|GNU|proprietary|commercial)\b", re.IGNORECASE)

# Directories of one machine, unless what precedes makes them part of another path or of a web address.
MACHINE_PATHS = re.compile(r"(?:file://|(?<![\w.~})/-]))/(?:home/[a-z]|root/|work/|opt/[a-z]|Users/[A-Za-z])")
REGISTRIES = re.compile(r"\b(?:pythonhosted\.org|pypi\.org/simple|registry\.npmjs\.org|deb\.debian\.org)\b")


def _distribution() -> importlib.metadata.Distribution:
    try:
        return importlib.metadata.distribution("estuary-sync")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("estuary-sync is not installed here: its sources are used as they lie")


def _repository_files() -> list[Path]:
    if not (REPOSITORY / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return [path for name in listing.split("\0") if name and (path := REPOSITORY / name).is_file()]


def test_import_loads_nothing_heavy() -> None:
    program = "import json, sys, estuary; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=PACKAGE.parent,
        capture_output=True,
        check=True,
        text=True,
    )
    loaded = set(json.loads(run.stdout))
    assert not loaded & set(HEAVY)


def test_every_public_name_is_there() -> None:
    assert estuary.__all__
    for name in estuary.__all__:
        assert getattr(estuary, name) is not None
        assert name in dir(estuary)
    with pytest.raises(AttributeError, match="no_such_name"):
        estuary.no_such_name  # noqa: B018


def test_public_names_of_voice_can_be_imported() -> None:
    pytest.importorskip("numpy")
    pytest.importorskip("soxr")
    import estuary.voice

    for name in estuary.voice.__all__:
        assert getattr(estuary.voice, name) is not None
        assert name in dir(estuary.voice)
    with pytest.raises(AttributeError, match="no_such_name"):
        estuary.voice.no_such_name  # noqa: B018


def test_types_are_shipped() -> None:
    assert (PACKAGE / "py.typed").is_file()


def test_the_version_is_the_same_everywhere() -> None:
    assert _distribution().version == estuary.__version__


def test_the_changelog_is_about_this_version() -> None:
    changelog = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\d[^\]]*)\] - (Unreleased|\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == estuary.__version__


def _order(name: str) -> tuple[int, str]:
    """Constants, classes, the rest: the order that ruff (RUF022) keeps too."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2), name


@pytest.mark.parametrize("path", MODULES, ids=[path.relative_to(PACKAGE).as_posix() for path in MODULES])
def test_all_is_sorted(path: Path) -> None:
    # Read, not imported: some modules need an extra.
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            names = ast.literal_eval(node.value)  # type: ignore[attr-defined]
            assert list(names) == sorted(set(names), key=_order)


def _licence(name: str) -> str:
    metadata = importlib.metadata.metadata(name)
    classifiers = [c for c in metadata.get_all("Classifier") or [] if c.startswith("License ::")]
    stated = [metadata.get("License-Expression"), *classifiers]
    return " / ".join(filter(None, stated)) or (metadata.get("License") or "").splitlines()[0]


def test_the_base_dependencies_licences_suit_mit() -> None:
    _distribution()
    licences: dict[str, str] = {}
    pending, seen = {("estuary-sync", "")}, set()
    while pending:
        of, extra = pending.pop()
        seen.add((of, extra))
        for requirement in map(Requirement, importlib.metadata.requires(of) or []):
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                licences[requirement.name] = _licence(requirement.name)
                pending |= {(requirement.name, wanted) for wanted in {"", *requirement.extras}} - seen
    assert {"attrs", "bidict", "certifi", "python-socketio", "websocket-client"} <= set(licences)
    unsuitable = {
        name: licence
        for name, licence in licences.items()
        if not COMPATIBLE.search(licence) or INCOMPATIBLE.search(licence)
    }
    assert not unsuitable


def test_no_file_names_a_place_of_one_machine() -> None:
    found = []
    for path in _repository_files():
        if path == Path(__file__):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a sound
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE_PATHS.search(line) or REGISTRIES.search(line):
                found.append(f"{path.relative_to(REPOSITORY)}:{number}: {line.strip()[:100]}")
    assert not found


@pytest.mark.parametrize(
    "line", ["cd /home/alice", 'x = "/root/.cache"', "(/work/main)", "file:///opt/wheels", "at /Users/Bob/x"]
)
def test_the_scan_finds_places(line: str) -> None:
    assert MACHINE_PATHS.search(line)


@pytest.mark.parametrize("line", ["https://example.com/home/index", "~/work/x", "./work/x", "{base}/work/x"])
def test_the_scan_lets_other_paths_be(line: str) -> None:
    assert not MACHINE_PATHS.search(line)
