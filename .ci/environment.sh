#!/bin/sh
# Makes .venv for `runtime` or `dev` from the locked requirements. Interrupted, it begins again the next time.
set -eu
cd "$(dirname "$0")/.."

kind=$1
case $kind in
    runtime) requirements=config/requirements.txt ;;
    dev) requirements=config/requirements-dev.txt ;;
    *) echo "usage: environment.sh runtime|dev" >&2; exit 2 ;;
esac
venv=.venv
python=$venv/bin/python
pip="$python config/bootstrap/pip-26.3-py3-none-any.whl/pip --disable-pip-version-check"
quiet="--quiet --no-input"

new_enough() {
    # It must really run: a pyenv shim may be on PATH for a version that is not installed.
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

choose() {
    for name in python3.13 python3.12 python3.14 python3.11 python3; do
        if command -v "$name" >/dev/null 2>&1 && new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    echo "TickStock needs Python 3.11 or later: no python3 here is" >&2
    exit 1
}

whole() {
    [ -e $venv/.runtime ] && [ -x $python ] && new_enough $python
}

make_venv() {
    interpreter=$(choose)
    echo "making .venv with $("$interpreter" -V); this happens once"
    rm -rf $venv
    "$interpreter" -m venv --without-pip $venv 2>/dev/null || {
        rm -rf $venv
        uv venv --quiet --python "$interpreter" $venv
    }
}

find_uv() {
    if command -v uv >/dev/null 2>&1 && uv --version >/dev/null 2>&1; then
        command -v uv
    elif [ -x $venv/bin/uv ] || $pip install $quiet --require-hashes -r config/bootstrap/uv.txt >&2; then
        echo $venv/bin/uv
    fi
}

with_uv() {
    uv=$(find_uv) && [ -n "$uv" ] || return 1
    # uv does not read pip's configuration, and a mirror may be all that can be reached.
    if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] && mirror=$($pip config get global.index-url 2>/dev/null); then
        export UV_DEFAULT_INDEX="$mirror"
    fi
    "$uv" pip install --quiet --python $python --require-hashes -r $requirements &&
        "$uv" pip install --quiet --python $python --no-deps --no-build-isolation --editable .
}

with_pip() {
    echo "installing with pip instead" >&2
    $pip install $quiet --require-hashes -r $requirements &&
        $pip install $quiet --no-deps --no-build-isolation --editable .
}

whole || make_venv
rm -f $venv/.runtime $venv/.dev
with_uv || with_pip
# Once, here: where the environment forbids Python to keep bytecode, every start would compile all of it again.
$python -m compileall -q -j 0 app quart_sse $venv/lib >/dev/null 2>&1 || true
touch $venv/.runtime
[ "$kind" = runtime ] || touch $venv/.dev
