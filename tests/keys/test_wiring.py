"""Which library computes SM2 is the site's choice, and a wrong choice is told, never passed over."""

from base import settings
from keys import wiring
from keys.algorithms import backends
from keys.wiring import KeysSettings


def read(library: str) -> settings.Settings:
    return settings.read((KeysSettings,), environment={"YINXIN_KEYS_SM2_LIBRARY": library})


def test_without_a_choice_the_process_keeps_what_it_has():
    before = backends.choice()
    wiring.choose_backend(read(""))
    assert backends.choice() is before


def test_a_library_that_is_not_there_leaves_no_signer_and_says_which_it_was():
    try:
        wiring.choose_backend(read("/nowhere/libcrypto.so"))
        chosen = backends.choice()
        assert chosen.signer is None
        assert "/nowhere/libcrypto.so" in " ".join(each.told for each in chosen.tried)
    finally:
        backends.choose()
