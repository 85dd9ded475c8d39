"""``oauthcc serve``: a fake provider as a process, for local development and for clients in any language."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_oauthcc.core.hosts import is_loopback
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.layers import Layer
from pytest_oauthcc.masking import mask
from pytest_oauthcc.options import check_option
from pytest_oauthcc.process.control import PREFIX, Control
from pytest_oauthcc.process.standalone import open_standalone, read_config
from pytest_oauthcc.serving.loopback import EVERYWHERE, LOOPBACK, LoopbackServer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Generator, Sequence

    from pytest_oauthcc._provider import Provider

__all__ = ["add_arguments", "serve"]

_FAILED = 1
_TRUST_REMEDY = "register its x5c, or start with --client-ca FILE, the certificate of who signed it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add = parser.add_argument
    add("--profile", metavar="NAME", help="the provider to be like: a profile's name or a .toml file")
    add("--config", metavar="FILE.toml", type=Path, help="options, with the names of @pytest.mark.oauthcc")
    add("--host", default=LOOPBACK, help="the address to listen on (default: %(default)s)")
    add("--port", type=_port, default=0, help="the port to listen on (default: a free one)")
    add("--allow-remote", action="store_true", help="let --host be one that other machines can reach")
    add("--public-url", metavar="URL", type=_base_url, help="where clients find it, if not at --host and --port")
    add(
        "--client",
        metavar="ID[:SECRET]",
        action="append",
        default=[],
        help="a client; its secret is made up and shown where none is given (repeatable; default: one made up)",
    )
    add("--scopes", metavar="SCOPES", help="what the clients may have, with blanks between (default: anything)")
    add("--expires-in", metavar="SECONDS", type=int, help="how long a token lives (default: the profile's, or 3600)")
    add("--signing-key", metavar="FILE.pem", type=Path, help="the private key to sign tokens with (default: made up)")
    add("--tls", action="store_true", default=None, help="speak HTTPS; needs pytest-oauthcc[server]")
    add("--ca-file", metavar="FILE.pem", type=Path, help="where to write the certificate that clients have to trust")
    add("--client-ca", metavar="FILE.pem", type=Path, help="whose client certificates to trust; needs --tls")
    add("--control", action="store_true", help=f"open {PREFIX} for scripting faults, the clock and the journal")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65_536):  # noqa: PLR2004
        raise argparse.ArgumentTypeError(f"{text!r} is no port; it takes a whole number from 0 to 65535")
    return int(text)


def _base_url(text: str) -> str:
    try:
        checked: str = check_option("issuer", text, "--public-url", {})
    except OptionError:
        checked = ""
    if not checked or "?" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is no http or https URL such as http://oauthcc:8080")
    return checked.rstrip("/")


def serve(arguments: argparse.Namespace) -> int:
    """
    Serve until a signal says to stop.

    Args:
        arguments: As parsed.

    Returns:
        The exit code: 0 after SIGTERM or SIGINT, 1 where it can't listen.

    Raises:
        OptionError: The arguments or the files that they name are wrong.
    """
    clients = [_client(text) for text in arguments.client]
    _check_host(arguments)
    with ExitStack() as stack:
        stop = stack.enter_context(_stop_signal())  # first, so that Ctrl-C ends it without a traceback from now on
        provider, made_up = _open(arguments, clients)
        tls = provider.authority.state.settings.tls
        if arguments.client_ca is not None and not tls:
            raise OptionError("--client-ca is for --tls: without TLS nobody shows a certificate")
        context, ca_file = _prepare_tls(arguments, stack) if tls else (None, None)
        server = LoopbackServer(
            provider,
            tls=context,
            host=arguments.host,
            port=arguments.port,
            base_url=arguments.public_url,
            trust_remedy=_TRUST_REMEDY,
        )
        try:
            stack.enter_context(server)
        except OSError as error:
            where = f"{arguments.host}:{arguments.port}"
            print(f"oauthcc: can't listen on {where}: {error.strerror or error}", file=sys.stderr)  # noqa: T201
            return _FAILED
        urls = _urls(server)
        control_url = None
        if arguments.control:
            server.wrap(Control(provider, urls, server.url_here).handle)
            control_url = server.local_url + PREFIX
        _announce(provider, server.base_url, urls, made_up, ca_file=ca_file, control_url=control_url)
        stop.wait()
    return 0


def _client(text: str) -> tuple[str, str | None]:
    client_id, colon, secret = text.partition(":")
    if not client_id or (colon and not secret):
        raise OptionError("--client takes ID:SECRET, or ID alone for a secret that is made up")
    return client_id, secret or None


def _check_host(arguments: argparse.Namespace) -> None:
    if not is_loopback(arguments.host) and not arguments.allow_remote:
        raise OptionError(
            f"--host {arguments.host} can be reached by other machines, and everybody who reaches the fake gets "
            "tokens that it takes; say --allow-remote if that is what you want (in a container it usually is)"
        )
    if arguments.control and not is_loopback(EVERYWHERE.get(arguments.host, arguments.host)):
        raise OptionError(
            f"--control takes requests of this machine to {LOOPBACK} only, where nobody listens with --host "
            f"{arguments.host}; take --host 0.0.0.0 instead, or leave --control out"
        )


def _open(arguments: argparse.Namespace, clients: Sequence[tuple[str, str | None]]) -> tuple[Provider, set[str]]:
    """Make the provider with its clients; returns those client ids whose secrets nobody but the fake knows."""
    said: dict[str, Any] = {
        name: value
        for name, value in (
            ("profile", arguments.profile),
            ("scopes", arguments.scopes),
            ("expires_in", arguments.expires_in),
            ("tls", arguments.tls),
        )
        if value is not None
    }
    if clients:
        said["client_id"] = clients[0][0]
        if clients[0][1] is not None:
            said["client_secret"] = clients[0][1]
    config = {} if arguments.config is None else dict(read_config(arguments.config))
    if "profile" in said and "profile" not in config:  # then the file is for whatever profile the command names
        config["profile"] = said.pop("profile")
    layers = [Layer("the command line", said), Layer(str(arguments.config or "the command line"), config)]
    folder = Path.cwd() if arguments.config is None else arguments.config.resolve().parent
    provider = open_standalone(layers, signing_key=arguments.signing_key, relative_to=folder)
    made_up = set() if "client_secret" in said or "client_secret" in config else {provider.client_id}
    for client_id, secret in clients[1:]:
        added = provider.add_client(client_id, client_secret=secret)
        if secret is None:
            made_up.add(added.client_id)
    return provider, made_up


def _prepare_tls(arguments: argparse.Namespace, stack: ExitStack) -> tuple[ssl.SSLContext, Path]:
    from pytest_oauthcc.serving.certificates import ca_pem, server_context, trust_file

    public = urlsplit(arguments.public_url or "").hostname
    hosts = [host for host in (arguments.host, public) if host and host not in EVERYWHERE]
    context = server_context(hosts)
    if arguments.client_ca is not None:
        trust_file(context, arguments.client_ca)
    path = arguments.ca_file
    if path is None:
        path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="oauthcc-"))) / "ca.pem"
    try:
        path.write_bytes(ca_pem())
    except OSError as error:
        raise OptionError(f"--ca-file {path} can't be written: {error.strerror}") from None
    return context, path


@contextmanager
def _stop_signal() -> Generator[threading.Event]:
    """Give an event that SIGTERM and SIGINT set, until the block is left."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _urls(server: LoopbackServer) -> dict[str, str]:
    names = server.names
    found = {
        "token_url": names.token_url,
        "api_url": names.api_url,
        "issuer": names.issuer,
        "metadata_url": names.metadata_url,
        "jwks_url": names.jwks_url,
        "introspection_url": names.introspection_url,
        "revocation_url": names.revocation_url,
    }
    return {name: url for name, url in found.items() if url is not None}


def _announce(
    provider: Provider,
    base_url: str,
    urls: dict[str, str],
    made_up: set[str],
    *,
    ca_file: Path | None,
    control_url: str | None,
) -> None:
    rows = list(urls.items())
    for client in provider.authority.state.clients.values():
        rows.append(("client_id", client.client_id))
        # A secret that was given is known to whoever gave it, and has no business in a log.
        is_new = client.client_id in made_up
        rows.append(("client_secret", client.client_secret if is_new else mask(client.client_secret)))
    if ca_file is not None:
        rows.append(("ca_file", str(ca_file)))
    if control_url is not None:
        rows.append(("control_url", control_url))
    lines = [f"oauthcc serves the profile {provider.name} at {base_url}", *(f"{name:<19}{text}" for name, text in rows)]
    try:
        print(*lines, sep="\n", flush=True)  # noqa: T201 - this is what the command is for
    except OSError:
        return  # nobody reads it
