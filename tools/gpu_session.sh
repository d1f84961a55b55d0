#!/usr/bin/env bash
# Makes results on a machine that has a GPU, but no network, and not for long.
#
#   here:   tools/gpu_session.sh pack FOLDER [--scale gpu]
#   there:  bash FOLDER/tools/gpu_session.sh run --out OUT [--minutes 10] [--scale gpu] [TARGET ...]
#   here:   tools/gpu_session.sh take OUT
#
# pack   writes into FOLDER the sources as they lie here, what was made or begun here at that scale,
#        and all locked packages but JAX and those that the file AT_HAND=path names (one a line), for
#        the Python of that machine (PYTHON_VERSION=3.12).
# run    tests the device, then makes each TARGET in the time left: a figure (paper/figure) or a
#        whole paper. PYTHON=path is the Python that has JAX for the GPU. Every minute OUT gets all
#        that was made or begun, in files of 15 MiB: a session that is killed loses a minute.
# take   adopts what is in OUT, once verified; trainings that were stopped go on from there.
set -euo pipefail
set -m # every job in its own process group

# The figures whose networks need a GPU most, then the rest of both papers.
targets=(yadlowsky2023/fig{1,2a,2b,3a,3b} vonoswald2023/fig{4a,4d,4e,6c,7a} yadlowsky2023 vonoswald2023)
session=.session
keep_every_s=${KEEP_EVERY_S:-60}
last_s=45 # for a training to save its state, and for the last copy

usage() { sed -n '4,6s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
say() { printf '%4d s  %s\n' "$SECONDS" "$*" | tee -a "$out/log.txt"; }

made() { # files made or begun, the small ones first, in case that not all of OUT arrives
    { find results/"$scale" .reprise/{logs,resume} -type f ! -name '.*' -printf '%s %p\n' 2>/dev/null || true; } \
        | sort -n | cut -d ' ' -f 2-
}

pack() {
    local uv=.venv/.uv/bin/uv names=() there=$folder/$session
    local options=(--quiet --python-version "${PYTHON_VERSION:-3.12}" --python-platform x86_64-manylinux_2_28)
    mapfile -t names < <(printf '%s\n' jax jaxlib | sed -nE 's/^([A-Za-z0-9._-]+).*/\1/p' - "${AT_HAND:-/dev/null}")
    export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true}
    mkdir "$folder" "$there" "$there/site"
    # What the project and the tests of the device import.
    printf '%s\n' beartype hypothesis pytest pytest-timeout pytest-xdist \
        | $uv pip compile "${options[@]}" --constraints requirements/lock.txt --generate-hashes \
            "${names[@]/#/--no-emit-package=}" pyproject.toml - >"$there/packages.txt"
    $uv pip install "${options[@]}" --target "$there/site" --no-deps --require-hashes \
        --build-constraints requirements/bootstrap.txt -r "$there/packages.txt"
    XZ_OPT=-3 tar -cJf "$there/site.tar.xz" -C "$there/site" .
    rm -rf "$there/site"
    # Published results stay here: nothing reads them there. So does git, hence the commit in words.
    { git ls-files -- . ':!results'; made; } | tar -c -T - | tar -x -C "$folder"
    .venv/bin/python -c 'from pathlib import Path; from reprise.records import environment
print(environment.commit_text(Path.cwd()))' >"$there/commit"
    du -sh "$folder"
}

set_up() { # a Python that finds what travelled, and after that what the machine has
    local python=${PYTHON:-python3} venv=$session/venv site
    rm -rf $venv
    "$python" -m venv --without-pip $venv
    site=$($venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    $venv/bin/python -W ignore -m tarfile -e $session/site.tar.xz "$site"
    echo "$PWD/src" >"$site/at-hand.pth"
    "$python" -c 'import sys; print(*(p for p in sys.path if p.endswith("-packages")), sep="\n")' >>"$site/at-hand.pth"
    printf '#!/bin/sh\nexec "%s" -c "from reprise.cli import main; main()" "$@"\n' \
        "$PWD/$venv/bin/python" >$venv/bin/reprise
    chmod +x $venv/bin/reprise
}

keep() { # a copy of all that was made or begun in OUT; the one before goes when it is whole
    local copy=$EPOCHSECONDS
    kept=$SECONDS
    made | tar -c --ignore-failed-read -T - 2>/dev/null | split -b 15M -d -a 3 - "$out/$copy-" \
        || [ "${PIPESTATUS[2]}" = 0 ] || return 0 # that files vanish meanwhile is fine, a full disk is not
    find "$out" -name '[0-9]*-[0-9]*' ! -name "$copy-*" -delete
}

work() { # LAST COMMAND ...: until it ends, or until second LAST at most; its exit code
    local last=$1 job asked=0
    "${@:2}" >>"$out/log.txt" 2>&1 &
    job=$!
    while kill -0 $job 2>/dev/null; do
        if ((!asked && (SECONDS >= last || SECONDS >= stop))); then kill -TERM $job && asked=1; fi
        if ((SECONDS >= end)); then kill -KILL -- -$job; fi
        if ((SECONDS >= kept + keep_every_s)); then keep; fi
        sleep 0.5
    done
    wait $job
}

run() {
    local target command code=0
    mkdir -p "$out"
    kept=0
    end=$(awk "BEGIN { print int($minutes * 60) }")
    stop=$((end - (end < 4 * last_s ? end / 4 : last_s)))
    trap 'stop=0' INT TERM
    if [ ! -x $session/venv/bin/reprise ]; then set_up; fi
    PATH=$PWD/$session/venv/bin:$PATH REPRISE_COMMIT=$(cat $session/commit)
    export PATH REPRISE_COMMIT
    say "set up: $(python -c 'import jax; print("JAX", jax.__version__, *jax.devices())')"
    work $((end / 4)) python -m pytest -q -n 0 --dist no -m gpu tests/reprise/training/test_gpu.py || code=1
    say "tests of the device: exit code $code"
    for target in "${targets[@]}"; do
        if ((SECONDS >= stop)); then break; fi
        case $target in */*) command=(figure "$target") ;; *) command=(run --paper "$target") ;; esac
        if work "$end" reprise "${command[@]}" --scale "$scale"; then
            say "made $target"
        else
            code=1 && say "not finished: $target"
        fi
        keep
    done
    say "the end: $(find "$out" -type f | wc -l) files, $(du -sh "$out" | cut -f 1)"
    return $code
}

take() {
    local folder first tree code=0 copies
    folder=$(mktemp -d)
    mapfile -t copies < <(printf '%s\n' "$out"/*-000 | sort -r)
    for first in "${copies[@]}"; do # newest first: it may not be whole
        if cat "${first%000}"* | tar -xv --skip-old-files -C "$folder" >"$folder/names"; then break; fi
        rm -f "$folder/$(tail -n 1 "$folder/names")" || true
    done
    mkdir -p {"$folder/",}.reprise/resume
    cp -r "$folder/.reprise/resume/." .reprise/resume
    for tree in "$folder"/results/*/; do
        [ ! -d "$tree" ] || .venv/bin/reprise adopt "$tree" --scale "$(basename "$tree")" || code=$?
    done
    rm -rf "$folder"
    return $code
}

verb=${1:-} scale=gpu minutes=10 out='' given=()
while [ $# -gt 1 ]; do
    case $2 in
        --scale) scale=${3:?} ;;
        --minutes) minutes=${3:?} ;;
        --out) out=$(realpath -m "${3:?}") ;;
        -*) usage ;;
        *) given+=("$2") && shift && continue ;;
    esac
    shift 2
done
place=$(realpath -m "${given[0]:-.}")
if [ -n "${AT_HAND:-}" ]; then AT_HAND=$(realpath "$AT_HAND"); fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case $verb:${#given[@]}:$out in
    pack:1:) folder=$place && pack ;;
    run:0:/*) run ;;
    run:*:/*) targets=("${given[@]}") && run ;;
    take:1:) out=$place && take ;;
    *) usage ;;
esac
