"""Uploads a file of any size, for jobs to name: upload.py rows.csv"""

import sys

from heavylift import Heavylift, HeavyliftError

heavylift = Heavylift()  # HEAVYLIFT_URL, HEAVYLIFT_KEY


def show(sent: int, size: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{100 * sent // size} %", end="", file=sys.stderr)


try:
    upload = heavylift.upload(sys.argv[1], on_progress=show)
    print(upload["id"])  # a table's rows are {"upload": this}
except (HeavyliftError, OSError) as error:
    sys.exit(str(error))
