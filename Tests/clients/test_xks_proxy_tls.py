"""The proxy over TLS, and with clients that have to show who they are."""
import json
import ssl

import pytest
from authorities import NEW_KEY, Authority
from openssl import openssl
from xks import Proxy, Store

SUBJECT = "cks.kms.us-east-1.amazonaws.com"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"), "root")


def context(authority: Authority, client=None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority.certificate)
    if client:
        context.load_cert_chain(*client)
    return context


@pytest.fixture(scope="module")
def server_files(authority):
    return authority.issue_to_host("localhost")


def start(tmp_path_factory, server_files, more: str = "") -> tuple[Proxy, dict]:
    certificate, key = server_files
    proxy = Proxy(
        tmp_path_factory.mktemp("tls") / "state", settings=f"tls: {{certificate: {certificate}, key: {key}{more}}}")
    proxy.start()
    made = proxy.xks("init-store", "--prefix", "a")
    proxy.new_key("a", "k")
    return proxy, json.loads(made.stdout)


@pytest.fixture(scope="module")
def tls(tmp_path_factory, server_files):
    proxy, configuration = start(tmp_path_factory, server_files)
    yield proxy, configuration
    proxy.close()


@pytest.fixture(scope="module")
def mutual(tmp_path_factory, server_files, authority):
    proxy, configuration = start(
        tmp_path_factory, server_files, f", clientAuthority: {authority.certificate}, clientSubject: {SUBJECT}")
    yield proxy, configuration
    proxy.close()


@pytest.mark.parametrize("version, cipher", [
    (ssl.TLSVersion.TLSv1_3, None), (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES256-GCM-SHA384"),
])
def test_over_the_versions_and_suites_that_aws_kms_has(tls, authority, version, cipher):
    proxy, configuration = tls
    settings = context(authority)
    settings.minimum_version = settings.maximum_version = version
    if cipher:
        settings.set_ciphers(cipher)
    store = Store(proxy.port, configuration, settings)
    assert store.decrypt("k", store.encrypt("k", b"x")).bytes("plaintext") == b"x"


def test_older_versions_are_refused(tls, authority):
    proxy, configuration = tls
    settings = context(authority)
    settings.minimum_version = ssl.TLSVersion.TLSv1
    settings.maximum_version = ssl.TLSVersion.TLSv1_1
    settings.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, OSError)):
        Store(proxy.port, configuration, settings).health()


def test_the_client_that_was_configured_is_served(mutual, authority):
    proxy, configuration = mutual
    client = authority.issue("aws", f"/CN={SUBJECT}")
    store = Store(proxy.port, configuration, context(authority, client))
    assert store.decrypt("k", store.encrypt("k", b"x")).bytes("plaintext") == b"x"


def refuses(proxy, configuration, settings):
    """The handshake ends: nothing of HTTP is answered, also not to one who needs no signature."""
    store = Store(proxy.port, configuration, settings)
    for call in (store.health, lambda: store.send("/ping", method="GET")):
        with pytest.raises((ssl.SSLError, ConnectionError, OSError)):
            call()


def test_without_a_certificate(mutual, authority):
    refuses(*mutual, context(authority))


@pytest.mark.parametrize("subject", [
    "/CN=cks.kms.eu-west-1.amazonaws.com", "/CN=xcks.kms.us-east-1.amazonaws.com", f"/CN={SUBJECT}.example.com",
    f"/O={SUBJECT}", f"/CN=other/CN={SUBJECT}", f"/CN={SUBJECT}/CN=other",
])
def test_with_another_subject(mutual, authority, subject):
    refuses(*mutual, context(authority, authority.issue("wrong", subject)))


def test_a_name_besides_the_subject_does_not_help(mutual, authority):
    client = authority.issue(
        "alternative", "/CN=other", extension=f"subjectAltName=DNS:{SUBJECT}\nextendedKeyUsage=clientAuth")
    refuses(*mutual, context(authority, client))


def test_of_another_authority(mutual, authority, tmp_path):
    stranger = Authority(tmp_path, "stranger")
    refuses(*mutual, context(authority, stranger.issue("client", f"/CN={SUBJECT}")))


def test_signed_by_itself(mutual, authority, tmp_path):
    certificate, key = tmp_path / "self.pem", tmp_path / "self.key"
    openssl(
        "req", "-x509", *NEW_KEY, "-days", "30", "-subj", f"/CN={SUBJECT}", "-keyout", key, "-out", certificate)
    refuses(*mutual, context(authority, (certificate, key)))


def test_a_root_without_a_subject_is_no_configuration(tmp_path, server_files, authority):
    certificate, key = server_files
    proxy = Proxy(
        tmp_path / "state",
        settings=f"tls: {{certificate: {certificate}, key: {key}, clientAuthority: {authority.certificate}}}")
    try:
        refusal = proxy.server.run("serve", "--state", str(proxy.server.state), check=False)
        assert refusal.returncode == 1 and "clientSubject" in refusal.stderr
    finally:
        proxy.close()


def test_plain_http_beyond_this_machine_is_refused(tmp_path):
    proxy = Proxy(tmp_path / "state")
    try:
        refusal = proxy.server.run(
            "xks-proxy", "serve", "--state", str(proxy.server.state), "--listen", "0.0.0.0:8443", check=False)
        assert refusal.returncode == 1 and "plain HTTP" in refusal.stderr
    finally:
        proxy.close()
