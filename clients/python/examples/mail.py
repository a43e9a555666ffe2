"""Sends a mail with a report: mail.py kari@example.no"""

import sys

from heavylift import Heavylift, HeavyliftError

heavylift = Heavylift()  # HEAVYLIFT_URL, HEAVYLIFT_KEY

try:
    report = heavylift.reports(
        {"template": "monthly", "data": {"userId": "42", "month": "2026-10", "name": "Kari Nordmann"}}
    )
    # It waits for the report by itself. The same key again, after a crash of yours, is the same mail.
    job = heavylift.emails(
        {
            "to": [sys.argv[1]],
            "subject": "Your October",
            "text": "Here it is.",
            "attachments": [{"filename": "october.pdf", "job": report["id"]}],
        },
        idempotency_key=f"october-{report['id']}",
    )
    print(job["id"])
    print(heavylift.wait(job)["result"]["state"])
except HeavyliftError as error:
    sys.exit(str(error))
