import pytest
from strongroom_server import STRONGROOM, Server, wait_until


def pytest_sessionstart(session):
    if not STRONGROOM.exists():
        pytest.exit(f"there is no {STRONGROOM}; run `swift build` first", returncode=1)


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
