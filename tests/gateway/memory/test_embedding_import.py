"""Loading the embedding model's package leaves the application's logging alone, while it goes on and afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

# what the package does when it is imported, and what another thread would see meanwhile
PACKAGE = """
import logging
logging.basicConfig(level=logging.INFO)
root = logging.getLogger()
meanwhile = [root.level, [type(handler).__name__ for handler in root.handlers]]
"""

PROGRAM = """
import json, logging, sys
sys.path.insert(0, sys.argv[1])
from estuary.gateway.memory.embedding import _wordllama
root = logging.getLogger()
print(json.dumps([_wordllama().meanwhile, root.level, len(root.handlers)]))
"""


def test_the_root_logger_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "wordllama.py").write_text(PACKAGE)
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, check=True, timeout=50
    )
    assert json.loads(run.stdout) == [[30, ["NullHandler"]], 30, 0]
