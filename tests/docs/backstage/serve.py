"""What docs/serve.md takes for granted: a client, and a key for its fake.py."""

import importlib
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def test_fake_is_two_applications(tmp_path, monkeypatch):
    """The applications of the page's fake.py can be made from a key in a file."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "key.pem").write_bytes(key)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(Path(__file__).parent)

    fake = importlib.import_module("fake")

    assert callable(fake.app)
    assert callable(fake.application)
