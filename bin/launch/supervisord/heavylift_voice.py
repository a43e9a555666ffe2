"""
What supervisord says where `bin/start` was started, which it runs in the place of: what does not stay up, that everything stops, and
that it has. supervisord loads it as it is told to by [rpcinterface:voice] of supervisord.conf.
"""

import atexit
import os
import select
import time

from supervisor import events
from supervisor.states import ProcessStates, SupervisorStates

LOG_LINES = 12
TAIL_BYTES = 16384
# What has run for so long has come up.
SETTLED_SECONDS = 60


def say(*lines):
    """Writes lines to standard output; not where that would wait, or nobody reads."""
    try:
        if select.select([], [1], [], 0)[1]:
            os.write(1, "".join(line + "\n" for line in lines).encode())
    except (OSError, ValueError):
        pass


def last_lines(path):
    """Reads the end of a log file; no line where it can't be read."""
    try:
        with open(path, "rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - TAIL_BYTES))
            return log.read().decode("utf-8", "replace").rstrip().split("\n")[-LOG_LINES:]
    except (OSError, TypeError):
        return []


class Voice:
    """Listens to supervisord's own events. It adds no method to its interface."""


def create(supervisord, drain_seconds):
    """Begins to listen; `drain_seconds` is how long jobs may take to end."""
    down = set()

    def on_end(event):
        process = event.process
        name = process.config.name
        if isinstance(event, events.ProcessStateExitedEvent) and event.expected:
            return
        if time.time() - process.laststart >= SETTLED_SECONDS:
            # It stayed up: this is a death, which the watch tells of.
            down.discard(name)
        elif name not in down:
            down.add(name)
            log = process.config.stdout_logfile or process.config.stderr_logfile
            say(
                f"{name} does not stay up ({process.spawnerr or 'ended'}); it is started again and again. Its log ends with:",
                *(f"  {line}" for line in last_lines(log)),
            )

    def on_stopped(event):
        # Not when the watch ends the waiting of one that does not stay up.
        if event.from_state == ProcessStates.STOPPING:
            down.discard(event.process.config.name)

    def on_stopping(_event):
        # A terminal that goes away (SIGHUP) would have everything started again.
        supervisord.options.mood = SupervisorStates.SHUTDOWN
        say(f"stopping: letting running jobs finish (up to {drain_seconds} s)")
        atexit.register(say, "stopped")

    events.subscribe(events.ProcessStateBackoffEvent, on_end)
    events.subscribe(events.ProcessStateExitedEvent, on_end)
    events.subscribe(events.ProcessStateStoppedEvent, on_stopped)
    events.subscribe(events.SupervisorStoppingEvent, on_stopping)
    return Voice()
