#!/bin/sh
# Writes the locked requirements: what pyproject.toml allows, at its newest, with every file's hash.
set -eu
cd "$(dirname "$0")/.."

uv=$(command -v uv || echo .venv/bin/uv)
compile() {
    "$uv" pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
        --no-annotate --no-header --no-emit-index-url --output-file "$@"
}

# hatchling and editables install the project itself, without a second environment to build it in.
printf 'hatchling\neditables\n' | compile config/requirements.txt pyproject.toml -
printf 'hatchling\neditables\n' | compile config/requirements-dev.txt --extra dev pyproject.toml -
echo uv | compile config/bootstrap/uv.txt -
