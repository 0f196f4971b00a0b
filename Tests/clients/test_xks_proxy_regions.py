"""Prefixes of the XKS proxy in Regions whose keys are in tokens of their own."""
import concurrent.futures
import json
import time

import pytest
from strongroom_server import wait_until
from two_regions import HERE, THERE, TwoRegions, give_own_token, let_tokens_fail, obey
from xks import Proxy, Store, integrity_value, refused

AAD = b"project=nile"


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    proxy = Proxy(tmp_path_factory.mktemp("regions") / "state", "--region", HERE, "--region", THERE)
    give_own_token(proxy.server, THERE)
    let_tokens_fail(proxy.server)
    proxy.start()
    proxy.stores = {}
    for region in (HERE, THERE):
        made = proxy.xks("init-store", "--prefix", region, "--requests-per-second", "0", "--region", region)
        proxy.xks("key", "create", "--prefix", region, "--id", "k", "--region", region)
        proxy.stores[region] = Store(proxy.port, json.loads(made.stdout), region=region)
    yield proxy
    proxy.close()


@pytest.mark.parametrize("region", [HERE, THERE])
def test_each_encrypts_and_decrypts_in_its_own_token(proxy, region):
    store, regions = proxy.stores[region], TwoRegions(proxy.server)
    for cdiv in (False, True):
        sealed = store.encrypt("k", b"secret", AAD, cdiv=cdiv)
        assert store.decrypt("k", sealed, AAD).bytes("plaintext") == b"secret"
        if cdiv:
            assert sealed.bytes("ciphertextDataIntegrityValue") == integrity_value(sealed, AAD)
    other = THERE if region == HERE else HERE
    refused(proxy.stores[other].decrypt("k", sealed, AAD), "InvalidCiphertextException")
    assert regions.objects(region) > 0


def test_while_one_token_stalls_the_others_prefix_is_served(proxy):
    obey(proxy.server, THERE, "delay C_EncryptInit 3000")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        stalled = [pool.submit(proxy.stores[THERE].encrypt, "k", b"secret", AAD) for _ in range(8)]
        start = time.monotonic()
        for _ in range(5):
            assert proxy.stores[HERE].encrypt("k", b"secret", AAD, cdiv=True).status == 200
        assert time.monotonic() - start < 2
        assert not any(call.done() for call in stalled), "the others wait all the while"
        obey(proxy.server, THERE)
        assert {call.result().status for call in stalled} <= {200, 500, 503}
    wait_until(lambda: proxy.stores[THERE].encrypt("k", b"secret", AAD).status == 200, 30, "it comes back")
