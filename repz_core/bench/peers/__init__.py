"""Programs that the peers' interpreter runs. They import the peer and the standard library, of repz_core only this."""

import json
import os
import sys
from collections.abc import Callable
from typing import Any


def serve(commands: dict[str, Callable[..., dict[str, Any]]]) -> None:
    """Answer each line of standard input, {"command": name, arguments}, by one JSON line on standard output.

    Whatever else the peer prints goes to standard error.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        arguments = json.loads(line)
        answer = commands[arguments.pop("command")](**arguments)
        print(json.dumps(answer), file=answers, flush=True)
