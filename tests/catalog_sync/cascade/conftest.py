"""A province and a city that are laid out once, and begin anew for each story."""

from collections.abc import Iterator

import pytest

from tests.catalog_sync.cascade import sites
from tests.catalog_sync.cascade.sites import Site

Sites = tuple[Site, Site]


@pytest.fixture(scope="package")
def opened_sites(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Sites]:
    template = request.getfixturevalue("_sqlite_template")
    with sites.opened(tmp_path_factory.mktemp("sites"), template) as found:
        yield found


@pytest.fixture
def both_sites(opened_sites: Sites) -> Sites:
    """Give the province and the city as they began."""
    sites.begin_anew(*opened_sites)
    return opened_sites
