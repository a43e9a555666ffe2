"""Has a photo made smaller: image.py photo.jpg 800 photo.webp"""

import sys

from heavylift import Heavylift, HeavyliftError

photo, width, out = sys.argv[1:]
heavylift = Heavylift()  # HEAVYLIFT_URL, HEAVYLIFT_KEY

try:
    job = heavylift.images({"width": width, "format": "webp"}, file=photo)
    print(job["id"])
    heavylift.download(heavylift.wait(job), out)
except (HeavyliftError, OSError) as error:
    sys.exit(str(error))
