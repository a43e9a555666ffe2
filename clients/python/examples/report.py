"""Has a PDF made of data: report.py october.pdf"""

import sys

from heavylift import Heavylift, HeavyliftError

heavylift = Heavylift()  # HEAVYLIFT_URL, HEAVYLIFT_KEY

try:
    job = heavylift.reports(
        {"template": "monthly", "data": {"userId": "42", "month": "2026-10", "name": "Kari Nordmann"}}
    )
    print(job["id"])
    for job in heavylift.follow(job):
        print(f"{job['state']} {job['progress']['percent']} %", file=sys.stderr)
    heavylift.download(heavylift.wait(job), sys.argv[1])
except (HeavyliftError, OSError) as error:
    sys.exit(str(error))
