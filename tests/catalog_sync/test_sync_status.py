"""What `yinxin sync status` says stands in columns, whatever a channel does."""

from dataclasses import replace

from catalog_sync import state
from catalog_sync.commands import sync
from catalog_sync.state import ChannelStatus
from tests.catalog_sync.house import House


def test_a_channel_that_rests_stands_in_its_columns(house: House) -> None:
    running = _status(house)
    resting = replace(running, rests_until=house.at)
    places = {sync._sentence(each).index(" s  ") for each in (running, resting)}
    assert len(places) == 1


def _status(house: House) -> ChannelStatus:
    with house.database.reading() as session:
        (found,) = state.statuses(session, house.sync, house.at)
    return found
