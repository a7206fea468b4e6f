# Where everything is; sourced by the runner and by every stage, from the top of the checkout.
ROOT=$PWD
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
STATE=$TARGET/tests
HEARTH=$TARGET/debug/hearth
PYTHON=${PYTHON:-python3.11}
mkdir -p "$STATE/log" "$STATE/run" "$STATE/venvs"
# Nothing here leaves the machine, so nothing may go through a proxy.
export no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost
# A panic's message says where; thirty frames of the runtime below it hide what else failed.
export RUST_BACKTRACE=${HEARTH_TEST_BACKTRACE:-0}
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 LC_ALL=C.UTF-8
