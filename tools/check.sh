#!/usr/bin/env bash
# The quality gate, one command for people, hooks and CI: every step runs, every finding is shown.
#
#   tools/check.sh              all steps
#   tools/check.sh ruff types   only these
#   tools/check.sh --fix        rewrite what can be rewritten, then stop
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH="$PWD/.venv/bin:$PATH"

python_rooms=(src tests tools benchmarks workflow notebooks)
snakefiles=(Snakefile workflow)

ruff_() { # both, and a fault of either: in the condition below `set -e` stops nothing
    local code=0
    ruff check --quiet --output-format concise "${python_rooms[@]}" || code=1
    ruff format --quiet --diff "${python_rooms[@]}" || code=1
    return $code
}
snakefmt_() { snakefmt --check "${snakefiles[@]}"; }
types() { mypy --no-error-summary; }
imports() { lint-imports --no-logo 2>&1; }
spelling() { codespell; }
shell() { shellcheck tools/*.sh .ci/run; } # no wheel for Linux on Arm, so it is not in the lock
sentences() { python tools/sentences.py; } # advice: it never fails, and is always shown

if [ "${1:-}" = --fix ]; then
    ruff check --quiet --fix "${python_rooms[@]}"
    ruff format --quiet "${python_rooms[@]}"
    snakefmt "${snakefiles[@]}"
    exit
fi

steps=(ruff snakefmt imports spelling shell types sentences)
if [ $# -gt 0 ]; then steps=("$@"); fi
failed=()
for step in "${steps[@]}"; do
    command=$step
    case $step in
        ruff | snakefmt) command=${step}_ ;;
        imports | spelling | types | sentences) ;;
        shell) if [ -z "$(command -v shellcheck)" ]; then echo 'skipped shell, shellcheck is not installed'; continue; fi ;;
        *) echo "check: no step '$step' (choose from ruff snakefmt imports spelling shell types sentences)" >&2; exit 2 ;;
    esac
    began=$SECONDS
    if output=$($command 2>&1); then
        printf 'ok      %-9s %3d s\n' "$step" $((SECONDS - began))
        if [ "$step" = sentences ]; then printf '%s\n' "$output"; fi
    else
        failed+=("$step")
        printf 'FAILED  %-9s %3d s\n%s\n' "$step" $((SECONDS - began)) "$output"
    fi
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "check failed: ${failed[*]}"
    exit 1
fi
