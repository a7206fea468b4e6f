# What the suite installs by itself: Debian packages when they are missing, locked virtual environments.

# A stage says what it needs in a line "# needs: debian:NAME venv:NAME …".
needs() { # needs KIND STAGE…
  local kind=$1 s; shift
  for s in "$@"; do sed -n 's/^# needs: //p' "tests/stages/$s"; done | tr ' ' '\n' | sed -n "s/^$kind://p" | sort -u
}

install_packages() {
  local missing=() p
  for p in build-essential pkg-config ca-certificates openssl $(needs debian "$@"); do
    [ "$(dpkg-query -W -f '${Status}' "$p" 2>/dev/null)" = "install ok installed" ] || missing+=("$p")
  done
  "$PYTHON" -c 'import ensurepip' 2>/dev/null || missing+=(python3 python3-venv)
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || { echo "needs root to install: ${missing[*]}" >&2; return 1; }
  echo "  installing ${missing[*]}"
  # Databases are started by the stages, in folders of their own: Debian must not start its own.
  local policy=/usr/sbin/policy-rc.d ours=
  if [ ! -e "$policy" ]; then ours=1; printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"; fi
  local status=0
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"; } \
    >"$STATE/log/apt.log" 2>&1 || status=$?
  [ -z "$ours" ] || rm -f "$policy"
  [ "$status" = 0 ] || tail -n 30 "$STATE/log/apt.log" >&2
  return "$status"
}

# The folder of the environment of requirements/NAME.txt; a changed lock is another folder.
venv() { echo "$STATE/venvs/$1-$(sha256sum "tests/requirements/$1.txt" | cut -c1-12)"; }

install_venvs() {
  local name dir tools; tools=$(venv tools)
  local wanted; wanted=$(needs venv "$@")
  [ -n "$wanted" ] || return 0
  if [ ! -e "$tools/complete" ]; then
    rm -rf "$tools"; "$PYTHON" -m venv "$tools"
    "$tools/bin/pip" install -q --disable-pip-version-check -r tests/requirements/tools.txt; touch "$tools/complete"
  fi
  for name in $wanted; do
    dir=$(venv "$name")
    [ ! -e "$dir/complete" ] || continue
    local at=$SECONDS
    rm -rf "$dir"; "$PYTHON" -m venv --without-pip "$dir"
    "$tools/bin/uv" pip install -q --no-config --python "$dir/bin/python" -r "tests/requirements/$name.txt"
    touch "$dir/complete"; echo "  venv $name: $((SECONDS - at))s"
  done
}
