"""Which types of a Nearby Search an OpenStreetMap tag such as `amenity=cafe` stands for.

The tags: https://wiki.openstreetmap.org/wiki/Map_features
The types: https://developers.google.com/maps/documentation/places/web-service/legacy/supported_types
"""

from collections.abc import Mapping

# What follows the special types of most places.
PLACE = ("point_of_interest", "establishment")
POLITICAL = ("political",)
NATURAL = ("natural_feature", "establishment")

AMENITY = {
    "atm": "atm",
    "bank": "bank finance",
    "bar": "bar",
    "biergarten": "bar",
    "bus_station": "bus_station transit_station",
    "cafe": "cafe food",
    "car_rental": "car_rental",
    "car_wash": "car_wash",
    "casino": "casino",
    "cinema": "movie_theater",
    "clinic": "doctor health",
    "college": "university",
    "courthouse": "courthouse",
    "dentist": "dentist health",
    "doctors": "doctor health",
    "embassy": "embassy",
    "fast_food": "meal_takeaway restaurant food",
    "fire_station": "fire_station",
    "food_court": "restaurant food",
    "fuel": "gas_station",
    "grave_yard": "cemetery",
    "hospital": "hospital health",
    "ice_cream": "food",
    "kindergarten": "school",
    "library": "library",
    "nightclub": "night_club",
    "parking": "parking",
    "pharmacy": "pharmacy health",
    "place_of_worship": "place_of_worship",
    "police": "police",
    "post_office": "post_office",
    "pub": "bar",
    "restaurant": "restaurant food",
    "school": "school",
    "taxi": "taxi_stand",
    "townhall": "city_hall local_government_office",
    "university": "university",
    "veterinary": "veterinary_care",
}
SHOP = {
    "alcohol": "liquor_store",
    "bakery": "bakery food",
    "beauty": "beauty_salon",
    "bicycle": "bicycle_store",
    "books": "book_store",
    "car": "car_dealer",
    "car_repair": "car_repair",
    "chemist": "drugstore",
    "clothes": "clothing_store",
    "convenience": "convenience_store food",
    "department_store": "department_store",
    "doityourself": "hardware_store",
    "electronics": "electronics_store",
    "florist": "florist",
    "funeral_directors": "funeral_home",
    "furniture": "furniture_store",
    "greengrocer": "grocery_or_supermarket food",
    "hairdresser": "hair_care",
    "hardware": "hardware_store",
    "houseware": "home_goods_store",
    "jewelry": "jewelry_store",
    "laundry": "laundry",
    "mall": "shopping_mall",
    "pet": "pet_store",
    "shoes": "shoe_store",
    "storage_rental": "storage",
    "supermarket": "supermarket grocery_or_supermarket food",
    "travel_agency": "travel_agency",
    "video": "movie_rental",
}
TOURISM = {
    "apartment": "lodging",
    "aquarium": "aquarium",
    "attraction": "tourist_attraction",
    "camp_site": "campground lodging",
    "caravan_site": "rv_park lodging",
    "chalet": "lodging",
    "gallery": "art_gallery",
    "guest_house": "lodging",
    "hostel": "lodging",
    "hotel": "lodging",
    "motel": "lodging",
    "museum": "museum",
    "theme_park": "amusement_park",
    "viewpoint": "tourist_attraction",
    "zoo": "zoo",
}
LEISURE = {
    "bowling_alley": "bowling_alley",
    "fitness_centre": "gym health",
    "garden": "park",
    "nature_reserve": "park",
    "park": "park",
    "stadium": "stadium",
}
OFFICE = {
    "accountant": "accounting finance",
    "diplomatic": "embassy",
    "estate_agent": "real_estate_agency",
    "government": "local_government_office",
    "insurance": "insurance_agency",
    "lawyer": "lawyer",
    "moving_company": "moving_company",
    "travel_agent": "travel_agency",
}
CRAFT = {
    "electrician": "electrician",
    "locksmith": "locksmith",
    "painter": "painter",
    "plumber": "plumber",
    "roofer": "roofing_contractor",
}
HEALTHCARE = {
    "dentist": "dentist",
    "doctor": "doctor",
    "hospital": "hospital",
    "pharmacy": "pharmacy",
    "physiotherapist": "physiotherapist",
}
RAILWAY = {
    "halt": "train_station",
    "station": "train_station",
    "subway_entrance": "subway_station",
    "tram_stop": "light_rail_station",
}
SETTLEMENT = {
    "country": "country",
    "island": "natural_feature",
    "neighbourhood": "neighborhood",
    "quarter": "sublocality",
    "suburb": "sublocality",
}
WORSHIP = {"christian": "church", "hindu": "hindu_temple", "jewish": "synagogue", "muslim": "mosque"}

# For each key: the types of some of its values, those of any other value, and what follows either.
KINDS: Mapping[str, tuple[Mapping[str, str], str, tuple[str, ...]]] = {
    "amenity": (AMENITY, "", PLACE),
    "shop": (SHOP, "", ("store", *PLACE)),
    "tourism": (TOURISM, "", PLACE),
    "leisure": (LEISURE, "", PLACE),
    "healthcare": (HEALTHCARE, "", ("health", *PLACE)),
    "office": (OFFICE, "", PLACE),
    "craft": (CRAFT, "", PLACE),
    "historic": ({}, "tourist_attraction", PLACE),
    "railway": (RAILWAY, "", ("transit_station", *PLACE)),
    "public_transport": ({}, "transit_station", PLACE),
    "aeroway": ({"aerodrome": "airport", "terminal": "airport"}, "", PLACE),
    "natural": ({}, "", NATURAL),
    "place": (SETTLEMENT, "locality", POLITICAL),
}


def types_of(kinds: Mapping[str, str], tags: Mapping[str, object]) -> list[str]:
    """Return the types, each once, the special ones first; kinds are the tags that say what the place is.

    >>> types_of({"amenity": "cafe;bar"}, {})
    ['cafe', 'food', 'bar', 'point_of_interest', 'establishment']
    """
    special: list[str] = []
    general: list[str] = []
    for key, values in kinds.items():
        known, other, follow = KINDS[key]
        for value in values.split(";"):
            special += known.get(value.strip(), other).split()
            if value.strip() == "place_of_worship":
                special.insert(0, WORSHIP.get(str(tags.get("religion")), "place_of_worship"))
        general += [kind for kind in follow if kind not in general]
    return list(dict.fromkeys(special + (general or list(PLACE))))
