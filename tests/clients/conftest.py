"""One served sandbox for all tests of the clients."""

from collections.abc import Iterator

import pytest

from tests.clients.site import Site, served


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("sandbox")) as told:
        yield told
