"""A measurement of one contestant, in a fresh process: ``_contestant.py '{"who": …, "place": …, "jobs": …}'``."""

from __future__ import annotations

import importlib
import json
import sys


def main() -> None:
    task = json.loads(sys.argv[1])
    who, _, way = task["who"].partition(":")
    module = importlib.import_module({"ours": "_ours", "peer": "_peer", "plain": "_plain"}[who])
    contestant = module.Contestant(task["place"], *([way] if way else []))
    print(json.dumps([getattr(contestant, job)(**args) for job, args in task["jobs"]]), flush=True)


if __name__ == "__main__":
    main()
