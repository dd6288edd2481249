"""The yardstick of POST /iamat: the least that aiohttp can do, which is to read a JSON body and answer a fixed one.

python -m tests.bench.bare_http PORT
"""

import json
import sys

from aiohttp import web

from tests.bench.listener import HOST

ANSWER = json.dumps(
    {
        "client": "client000001",
        "location": "+34.068930-118.445127",
        "lat": 34.06893,
        "lon": -118.445127,
        "time": "1520023934.918963997",
        "server": "Goloman",
        "skew": "+0.263873386",
        "heard": "1520023935.182837383",
        "at": "AT Goloman +0.263873386 client000001 +34.068930-118.445127 1520023934.918963997",
    }
).encode()


async def answer(request: web.Request) -> web.Response:
    """Read, and answer what is known beforehand."""
    await request.json()
    return web.Response(body=ANSWER + b"\n", content_type="application/json")


if __name__ == "__main__":
    app = web.Application()
    app.router.add_post("/iamat", answer)
    web.run_app(app, host=HOST, port=int(sys.argv[1]), access_log=None, print=None)
