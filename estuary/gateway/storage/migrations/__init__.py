"""The steps by which a database of an older release becomes one of this release (alembic).

``HEAD`` is the newest step. A test checks that it is what alembic finds, and that a database which took every step
looks like one that was made today.
"""

HEAD = "0003"
#: what the tables were like before there were steps
FIRST = "0001"
