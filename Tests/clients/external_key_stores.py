"""Custom key stores of type EXTERNAL_KEY_STORE, as boto3 makes them."""
import time

import customers_token
import yaml
from botocore.exceptions import ClientError
from customers_token import disconnect, entry
from faulty_proxy import HOST
from strongroom_server import Server, free_port, wait_until

TIMED_OUT = (
    "The external key store proxy did not respond to the request in the time allotted. Retry the request. If you see this "
    "error repeatedly, report it to your external key store proxy administrator.")
PATIENCE = 20


def add_proxies(server: Server, proxies: dict[str, dict]) -> None:
    """`xksProxies` in strongroom.yaml, and metrics, for the next start."""
    file = server.state / "strongroom.yaml"
    configuration = yaml.safe_load(file.read_text())
    server.metrics = f"127.0.0.1:{free_port()}"
    configuration |= {"xksProxies": proxies, "metrics": {"listen": server.metrics}}
    file.write_text(yaml.safe_dump(configuration))


def patient(client):
    """The client, calling again what took longer than the 250 ms that a proxy has: a busy machine may need them for itself.
    Whatever else is wrong is raised."""
    def is_to_be_tried_again(response, attempts, **_):
        error = response[1].get("Error", {}) if response else {}
        return 0.2 if error.get("Message") == TIMED_OUT and attempts < 50 else None

    client.meta.events.register("needs-retry.kms", is_to_be_tried_again)
    return client


def parameters(configuration: dict, host: str = HOST) -> dict:
    """Those of CreateCustomKeyStore, out of what a proxy's operator hands out."""
    return {
        "CustomKeyStoreType": "EXTERNAL_KEY_STORE", "XksProxyConnectivity": "PUBLIC_ENDPOINT",
        "XksProxyUriEndpoint": f"https://{host}", **configuration,
    }


def create(kms, name: str, configuration: dict, host: str = HOST, **more) -> str:
    return kms.create_custom_key_store(
        **{"CustomKeyStoreName": name, **parameters(configuration, host), **more})["CustomKeyStoreId"]


def connect(kms, store: str) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        kms.connect_custom_key_store(CustomKeyStoreId=store)
        now = wait_until(lambda: settled(kms, store), PATIENCE, f"{store} is connected or not")
        if now["ConnectionState"] == "CONNECTED":
            return
        assert now["ConnectionErrorCode"] == "XKS_PROXY_TIMED_OUT" and time.monotonic() < end, now
        disconnect(kms, store)


def settled(kms, store: str) -> dict | None:
    now = entry(kms, store)
    return now if now["ConnectionState"] in ("CONNECTED", "FAILED") else None


def why_it_fails(kms, store: str) -> str:
    """Connects what cannot be connected; the reason."""
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    return customers_token.wait_for(kms, store, "FAILED")["ConnectionErrorCode"]


def new_key(kms, store: str, external_key: str, **more) -> dict:
    return kms.create_key(
        Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=store, XksKeyId=external_key, **more)["KeyMetadata"]


def works(kms, blob: bytes, plaintext: bytes = b"kept") -> bool:
    try:
        found = kms.decrypt(CiphertextBlob=blob)["Plaintext"]
    except ClientError:
        return False
    assert found == plaintext, "never another one"
    return True
