"""A Place of the Places API (New), in the legacy form, whatever it has and lacks."""

import pytest

from herd.places.newform import attributions, legacy_place

# As the reference lays a Place out: https://developers.google.com/maps/documentation/places/web-service/reference
PLACE = {
    "id": "ChIJtest",
    "types": ["cafe", "food", "point_of_interest", "establishment"],
    "location": {"latitude": 34.0612, "longitude": -118.4455},
    "viewport": {
        "low": {"latitude": 34.0598, "longitude": -118.4468},
        "high": {"latitude": 34.0625, "longitude": -118.4441},
    },
    "rating": 4.4,
    "businessStatus": "OPERATIONAL",
    "priceLevel": "PRICE_LEVEL_MODERATE",
    "userRatingCount": 513,
    "iconMaskBaseUri": "https://maps.gstatic.com/mapfiles/place_api/icons/v2/cafe_pinlet",
    "iconBackgroundColor": "#FF9E67",
    "displayName": {"text": "Kaffihús", "languageCode": "is"},
    "currentOpeningHours": {"openNow": False, "periods": []},
    "shortFormattedAddress": "1 High Street, Aston",
    "plusCode": {"globalCode": "85632HC5+XX", "compoundCode": "2HC5+XX Aston"},
    "photos": [
        {
            "name": "places/ChIJtest/photos/one",
            "widthPx": 4032,
            "heightPx": 3024,
            "authorAttributions": [
                {"displayName": "Anna <Áls>", "uri": "//maps.google.com/maps/contrib/1", "photoUri": "//x"},
                {"displayName": "Nobody", "uri": "javascript:alert(1)"},
            ],
        },
        {"name": "without its size"},
    ],
}


def test_every_field_finds_its_legacy_place() -> None:
    assert legacy_place(PLACE) == {
        "business_status": "OPERATIONAL",
        "geometry": {
            "location": {"lat": 34.0612, "lng": -118.4455},
            "viewport": {
                "northeast": {"lat": 34.0625, "lng": -118.4441},
                "southwest": {"lat": 34.0598, "lng": -118.4468},
            },
        },
        "icon_background_color": "#FF9E67",
        "icon_mask_base_uri": "https://maps.gstatic.com/mapfiles/place_api/icons/v2/cafe_pinlet",
        "name": "Kaffihús",
        "opening_hours": {"open_now": False},
        "photos": [
            {
                "height": 3024,
                "html_attributions": [
                    '<a href="//maps.google.com/maps/contrib/1">Anna &lt;Áls&gt;</a>',
                    "Nobody",
                ],
                "photo_reference": "places/ChIJtest/photos/one",
                "width": 4032,
            }
        ],
        "place_id": "ChIJtest",
        "plus_code": {"compound_code": "2HC5+XX Aston", "global_code": "85632HC5+XX"},
        "price_level": 2,
        "rating": 4.4,
        "reference": "ChIJtest",
        "scope": "GOOGLE",
        "types": ["cafe", "food", "point_of_interest", "establishment"],
        "user_ratings_total": 513,
        "vicinity": "1 High Street, Aston",
    }


def test_what_is_lacking_is_left_out() -> None:
    assert legacy_place({}) == {"scope": "GOOGLE"}


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("FREE", 0),
        ("INEXPENSIVE", 1),
        ("MODERATE", 2),
        ("EXPENSIVE", 3),
        ("VERY_EXPENSIVE", 4),
        ("UNSPECIFIED", None),
    ],
)
def test_a_price_is_a_number_free_too(word: str, level: int | None) -> None:
    assert legacy_place({"priceLevel": f"PRICE_LEVEL_{word}"}).get("price_level") == level


def test_a_place_that_is_to_open_has_no_legacy_word() -> None:
    assert "business_status" not in legacy_place({"businessStatus": "FUTURE_OPENING"})


def test_a_coordinate_of_zero_which_protobuf_leaves_out_is_zero() -> None:
    assert legacy_place({"location": {"latitude": 1.5}})["geometry"] == {"location": {"lat": 1.5, "lng": 0}}


def test_credits_become_links_where_their_address_is_one() -> None:
    place = {
        "attributions": [
            {"provider": "A & B", "providerUri": 'https://example.org/?"x"'},
            {"provider": "Plain"},
            {"provider": ""},
            "nonsense",
        ]
    }
    assert attributions(place) == ['<a href="https://example.org/?&quot;x&quot;">A &amp; B</a>', "Plain"]
