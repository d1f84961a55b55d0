#!/usr/bin/env bash
# Sets up .venv inside the checkout from hashed locks; run again at any time, also after an interruption.
#
#   PYTHON=/path/to/python   the interpreter to use (default: the first that works, see find_python)
#   CUDA=1                   adds the CUDA packages of JAX; kept by later set-ups until CUDA=0
#   CLUSTER=1                adds what submits jobs elsewhere and stores files in a cloud; kept, too
#
# uv installs the lock in seconds; it is itself installed from a hashed file, into .venv/.uv, so that
# syncing .venv never removes it. Where uv cannot work, pip installs the same lock in about a minute.
# The stamp is written last: without it the next command sets up again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=.venv
stamp=$venv/.stamp
export PIP_DISABLE_PIP_VERSION_CHECK=1
export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true} # what the machine trusts, as pip does

say() { printf 'set-up: %s\n' "$*" >&2; }
fail() {
    printf 'set-up failed: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

usable() { # a Python 3.11 or 3.12 that can make virtual environments
    "$1" -c 'import sys, venv, ensurepip
sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' >/dev/null 2>&1
}

find_python() {
    # 3.11 first: the published results were made with it, and the order must not depend on the machine.
    # Every hit on PATH is tried by running it, because a version manager's shim can exist and still fail.
    if [ -n "${PYTHON:-}" ]; then
        usable "$PYTHON" || fail "PYTHON=$PYTHON is not a Python 3.11 or 3.12 with venv and ensurepip."
        printf '%s\n' "$PYTHON"
        return
    fi
    local name candidate
    for name in python3.11 python3.12 python3 python; do
        while IFS= read -r candidate; do
            if usable "$candidate"; then
                printf '%s\n' "$candidate"
                return
            fi
        done < <(type -aP "$name" || true)
    done
    fail "no Python 3.11 or 3.12 with venv and ensurepip was found on PATH." \
        "Debian, Ubuntu: apt-get install python3.11 python3.11-venv" \
        "macOS:          brew install python@3.11" \
        "conda:          conda env create -f environment.yml, activate it, and try again" \
        "elsewhere:      PYTHON=/path/to/python3.11 make setup"
}

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

free_mb() { df -Pm . | awk 'NR == 2 { print $4 }'; }

check_disk() { # MB
    local free
    free=$(free_mb)
    [ "$free" -ge "$1" ] || fail "$1 MB of free disk are needed here, $free MB are left."
}

reusable() { # a whole .venv, made at this very path, with the wanted Python
    [ "$(cat $venv/.home 2>/dev/null)" = "$(pwd -P)" ] && [ ! -e $venv/.unfinished ] \
        && usable $venv/bin/python || return 1
    [ -z "${PYTHON:-}" ] || [ "$(version_of $venv/bin/python)" = "$(version_of "$PYTHON")" ]
}

make_venv() {
    if reusable; then return; fi
    [ ! -L $venv ] || fail "$PWD/$venv is a link to $(readlink $venv), which would be emptied." \
        "Remove the link (rm $PWD/$venv) and try again: every checkout has its own environment."
    local python
    python=$(find_python)
    check_disk 2000
    say "making $venv with Python $(version_of "$python") ($python)"
    "$python" -m venv --clear $venv || fail "$python could not make $PWD/$venv."
    pwd -P >$venv/.home
}

pip_install() { $venv/bin/python -m pip install --quiet --no-input --require-hashes --retries 2 "$@"; }

install_with_uv() {
    local uv=$venv/.uv/bin/uv
    if ! cmp -s requirements/bootstrap.txt $venv/.uv/bootstrap.txt; then
        rm -rf $venv/.uv
        pip_install --target $venv/.uv -r requirements/bootstrap.txt || return 1
        cp requirements/bootstrap.txt $venv/.uv/
    fi
    # Not again for the same lock: a sync takes this project out for a moment, and another
    # terminal may be using it.
    if ! cat "${locks[@]}" | cmp -s - $venv/.locks; then
        "$uv" pip sync --quiet --python $venv/bin/python --require-hashes \
            --build-constraints requirements/bootstrap.txt "${locks[@]}" || return 1
        cat "${locks[@]}" >$venv/.locks
    fi
    "$uv" pip install --quiet --python $venv/bin/python --no-deps --no-build-isolation --offline -e .
}

install_with_pip() {
    local lock arguments=()
    for lock in "${locks[@]}"; do arguments+=(-r "$lock"); done
    pip_install -r requirements/bootstrap.txt || return 1
    pip_install --no-build-isolation --use-pep517 "${arguments[@]}" || return 1
    $venv/bin/python -m pip install --quiet --no-input --no-deps --no-build-isolation -e .
}

locks=(requirements/lock.txt)
stamps=("$stamp")
add_extra() { # NAME WANTED: where it is wanted, or was before and is not refused now
    [ "$2" = 1 ] || { [ -z "$2" ] && [ -e $stamp-"$1" ]; } || return 0
    locks+=("requirements/lock-$1.txt")
    for made in "${stamps[@]}"; do stamps+=("$made-$1"); done
    if [ "$1" = cuda ] && [ ! -e $stamp-cuda ]; then check_disk 8000; fi
}
add_extra cuda "${CUDA:-}" # in the order of the names of the Makefile's stamps
add_extra cluster "${CLUSTER:-}"

rm -f $stamp $stamp-*
make_venv
say "installing ${locks[*]}"
touch $venv/.unfinished  # a half copied package can look installed: after a kill, start over
if ! install_with_uv; then
    say "uv could not; trying pip"
    install_with_pip || fail "the packages could not be installed; the reason is above." \
        "No network?  A package index or a mirror of it must be reachable (PIP_INDEX_URL, UV_INDEX_URL)." \
        "No space?    $(free_mb) MB are free here."
fi
rm $venv/.unfinished
touch "${stamps[@]}"
say "done in $SECONDS s"
