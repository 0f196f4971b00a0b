import pytest
from real_tokens import KINDS, LACKING, UNFIT
from strongroom_server import STRONGROOM, TOKEN, Server, wait_until

# Tests that look into SoftHSM's token past the server, or make tokens themselves.
OF_SOFTHSM = {
    "test_conformance", "test_cross_account", "test_custom_key_store_faults", "test_custom_key_stores", "test_doctor",
    "test_encrypt_then_mac", "test_external_key_stores", "test_import_from_token", "test_init", "test_multi_region",
    "test_multi_region_faults", "test_multi_region_rights", "test_multi_region_trusted", "test_origins",
    "test_real_tokens", "test_secrets", "test_several_tokens", "test_terraform_key_stores",
    "test_terraform_multi_region", "test_token", "test_xks_proxy", "test_xks_proxy_operators", "test_xks_proxy_tls",
    "test_xks_proxy_token",
}


def pytest_sessionstart(session):
    if not STRONGROOM.exists():
        pytest.exit(f"there is no {STRONGROOM}; run `swift build` first", returncode=1)


def pytest_collection_modifyitems(items):
    """With STRONGROOM_TEST_TOKEN=nss, for example, all tests are run on such a token that are not of SoftHSM, or of a key
    spec that it lacks: that it is refused, test_real_tokens.py sees."""
    if not TOKEN:
        return
    if TOKEN not in KINDS:
        pytest.exit(f"STRONGROOM_TEST_TOKEN={TOKEN} is none of {', '.join(KINDS)}", returncode=1)
    lacking, unfit = LACKING.get(TOKEN, {}), UNFIT.get(TOKEN, {})
    for item in items:
        if item.module.__name__ in OF_SOFTHSM:
            item.add_marker(pytest.mark.skip(reason="of SoftHSM's token"))
        elif reason := next((unfit[words] for words in unfit if words in item.name), None):
            item.add_marker(pytest.mark.skip(reason=reason))
        elif parameters := getattr(item, "callspec", None):
            if spec := next((spec for spec in lacking if spec in str(parameters.params) or spec in item.name), None):
                item.add_marker(pytest.mark.skip(reason=f"the token makes no keys {spec}"))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One server for all tests that leave it running, in two Regions."""
    server = Server(
        tmp_path_factory.mktemp("shared") / "state", "--region", "eu-central-1", "--region", "us-west-2"
    ).start()
    yield server
    server.close()


@pytest.fixture
def own_server(tmp_path):
    """A server for a test that kills, stops or breaks it."""
    server = Server(tmp_path / "state").start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def kms(server):
    return server.client()


@pytest.fixture(scope="session")
def key(kms):
    """A key that every test may encrypt with; a test that changes a key makes its own with `new_key`."""
    return kms.create_key(Description="shared")["KeyMetadata"]


@pytest.fixture
def new_key(kms):
    return lambda **parameters: kms.create_key(**parameters)["KeyMetadata"]


@pytest.fixture
def alias_name(request):
    """A name that no other test uses."""
    return "alias/" + "".join(c if c.isalnum() else "-" for c in request.node.name)


@pytest.fixture
def ready():
    return wait_until


@pytest.fixture(scope="session")
def shared_key(kms):
    """A key of a spec and usage for all tests together: an RSA pair takes a token seconds to make."""
    made = {}

    def shared(spec, usage):
        if (spec, usage) not in made:
            made[spec, usage] = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]
        return made[spec, usage]

    return shared
