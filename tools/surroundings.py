"""The environment variables that the stages see: a proof comes out the same on everybody's machine."""

from __future__ import annotations

from collections.abc import Mapping

# The user's account, and arguments meant for other runs of Terraform; where the local AWS answers, they may say.
LEFT_OUT = ("AWS_", "TF_CLI_ARGS")
LET_THROUGH = "AWS_ENDPOINT_URL"
THIS_MACHINE = "127.0.0.1"


def surroundings(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` without the user's account, and with no proxy between us and this machine."""
    seen = {
        name: value for name, value in environ.items() if name.startswith(LET_THROUGH) or not name.startswith(LEFT_OUT)
    }
    hosts = [host for host in (seen.get("no_proxy") or seen.get("NO_PROXY") or "").split(",") if host]
    if "*" not in hosts and THIS_MACHINE not in hosts:
        hosts.append(THIS_MACHINE)
    # Some read the one, some the other.
    return {**seen, "no_proxy": ",".join(hosts), "NO_PROXY": ",".join(hosts)}
