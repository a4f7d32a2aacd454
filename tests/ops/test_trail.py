"""The laws of looking through the audit trail."""

from domain.audit import key
from ops.trail import Trail, as_json, as_text, read


class PagedBucket:
    """An S3 client whose lists come two keys at a time."""

    def __init__(self, *keys):
        self.keys = sorted(keys)

    def list_objects_v2(self, **request):
        begin = int(request.get("ContinuationToken", 0))
        found = [one for one in self.keys if one.startswith(request["Prefix"])]
        more = {"NextContinuationToken": str(begin + 2)} if begin + 2 < len(found) else {}
        return {"Contents": [{"Key": one} for one in found[begin : begin + 2]], **more} if found else {}


def test_a_trail_is_read_to_its_last_page():
    bucket = PagedBucket(*(key("o-1", version) for version in (1, 2, 3, 4, 5, 7)), "other/key")
    assert read(bucket, "audit") == Trail(6, {"o-1": [6]})


def test_an_empty_trail_has_no_gaps():
    assert read(PagedBucket(), "audit") == Trail(0, {})


def test_orders_with_gaps_are_named_with_what_they_lack():
    assert as_text(Trail(9, {"o-2": [3], "o-1": [1, 2]})) == (
        "o-1  lacks 1, 2\no-2  lacks 3\n9 versions, 2 orders with gaps"
    )


def test_programs_get_an_object_for_each_gap():
    assert as_json(Trail(9, {"o-1": [1, 2]})) == '{"orderId": "o-1", "missing": [1, 2]}'
