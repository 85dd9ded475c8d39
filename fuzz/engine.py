"""One target under atheris, which mutates what brought it into new code; ``python -m fuzz`` starts one process each."""

from __future__ import annotations

import sys
from pathlib import Path

_LONGEST_INPUT = 8192  # bytes
_LONGEST_RUN = 10  # seconds for one input; all of them take milliseconds
_MOST_MEMORY = 2048  # MB


def _fuzz(name: str, seconds: str, folder: str) -> None:
    import atheris  # type: ignore[import-untyped]

    with atheris.instrument_imports(include=["pytest_oauthcc"]):
        from fuzz.table import TARGETS
        from fuzz.world import SECRET

    target = TARGETS[name]
    corpus = Path(folder) / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    words = Path(folder) / f"{name}.words"
    entries = ("".join(f"\\x{byte:02x}" for byte in word) for word in target.words)
    words.write_text("".join(f'"{entry}"\n' for entry in entries), encoding="ascii")
    arguments = [
        f"fuzz {name}",
        f"-max_total_time={seconds}",
        f"-max_len={max(_LONGEST_INPUT, *map(len, target.seeds))}",
        f"-timeout={_LONGEST_RUN}",
        f"-rss_limit_mb={_MOST_MEMORY}",
        f"-dict={words}",
        f"-artifact_prefix={Path(folder) / name}-",
        "-print_final_stats=1",
        str(corpus),
    ]

    def run(data: bytes) -> None:
        # atheris sees what the oracles look for, and puts it into its inputs; a client that sends the secret as its
        # name or its scope has given it away itself.
        if SECRET.encode() not in data:
            target.run(data)

    atheris.Setup(arguments, run)
    atheris.Fuzz()


if __name__ == "__main__":
    _fuzz(*sys.argv[1:])
