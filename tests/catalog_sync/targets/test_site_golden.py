"""What crosses between two sites, as it was reviewed: another site reads these bytes."""

import json

from tests.catalog_sync.targets import site_golden


def test_what_another_site_reads_is_byte_for_byte_what_was_reviewed():
    assert (site_golden.VECTORS / site_golden.NAME).read_text("utf-8") == site_golden.written()


def test_every_call_is_signed_over_method_address_and_body():
    for call in json.loads(site_golden.written()).values():
        assert call["covered"] == '("@method" "@path" "@query" "content-digest")'
        assert {"authorization", "signature", "signature-input"} <= set(call["headers"])
