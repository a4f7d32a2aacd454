"""How pip is run: the way to an index is the user's, what is installed and where is ours."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence

# Of the user's PIP_* variables these stay; one such as PIP_TARGET or PIP_USER would install past our folders.
KEPT = frozenset(
    f"PIP_{name}"
    for name in (
        *("CONFIG_FILE", "INDEX_URL", "EXTRA_INDEX_URL", "NO_INDEX", "FIND_LINKS", "TRUSTED_HOST", "KEYRING_PROVIDER"),
        *("PROXY", "CERT", "CLIENT_CERT", "USE_FEATURE", "USE_DEPRECATED", "DEFAULT_TIMEOUT", "TIMEOUT", "RETRIES"),
        *("CACHE_DIR", "NO_CACHE_DIR"),
    )
)

# A variable comes before what pip's configuration files say.
OURS = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}


def pip_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` without what would bend an installation."""
    kept = {name: value for name, value in environ.items() if not name.startswith("PIP_") or name in KEPT}
    return {**kept, **OURS}


def install(python: str, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """`pip install` by the interpreter `python`; its output tells why it failed."""
    return subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", *arguments],
        env=pip_environment(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
