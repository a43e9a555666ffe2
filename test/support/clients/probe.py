"""Calls one method of the client and prints what came of it: probe.py METHOD ARGUMENTS, a list in JSON, the last of them by name."""

import json
import sys
from inspect import isgenerator

from heavylift import Heavylift, HeavyliftError

method, [*args, named] = sys.argv[1], json.loads(sys.argv[2])
try:
    with Heavylift(**named.pop("client", {})) as heavylift:
        value = getattr(heavylift, method)(*args, **named)
        print(json.dumps({"value": list(value) if isgenerator(value) else value}))
except HeavyliftError as error:
    facts = {"code": error.code, "status": error.status or 0, "retryAfter": error.retry_after, "detail": str(error)}
    print(json.dumps({"error": type(error).__name__, **facts}))
