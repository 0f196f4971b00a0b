"""Certificate authorities, and what they issue: by the openssl command."""
import pathlib

from openssl import openssl

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
# In days: how long something is valid that is valid no more.
EXPIRED = -1


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder: pathlib.Path, name: str):
        self.folder, self.name = folder, name
        self.certificate, self.key = folder / f"{name}.pem", folder / f"{name}.key"
        openssl(
            "req", "-x509", *NEW_KEY, "-days", "30", "-subj", f"/CN={name}", "-keyout", self.key,
            "-out", self.certificate, "-addext", "basicConstraints=critical,CA:TRUE")

    def issue(self, name: str, subject: str, days: int = 30, extension: str = "extendedKeyUsage=clientAuth") -> tuple:
        """A certificate and its key."""
        key, request, certificate = (self.folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
        openssl("req", *NEW_KEY, "-subj", subject, "-keyout", key, "-out", request)
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(extension + "\n")
        openssl(
            "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
            "-days", days, "-extfile", extensions, "-out", certificate)
        return certificate, key

    def issue_to_host(self, host: str, days: int = 30) -> tuple:
        return self.issue(f"{host}.{days}", f"/CN={host}", days, f"subjectAltName=DNS:{host}")
