#!/bin/bash
# Record the answers of stock Cinder 29 anew, by hand: tests/conformance/golden/record.sh, from the top of the checkout.
# It needs what the stage differential installs (see its "needs:").
set -euo pipefail
. tests/lib/settings.sh
. tests/lib/packages.sh
. tests/lib/processes.sh
. tests/lib/hearth.sh
. tests/peers/clusters.sh
. tests/peers/stock.sh
hearth_sim one
STOCK_AUTH=keystone stock_start one
who=(-H "X-User-Id: someone" -H "X-Project-Id: beef" -H "X-Roles: admin")
up() { curl -fs "${who[@]}" "$STOCK_URL/v3/beef/os-services?binary=cinder-volume" | grep -q '"state": "up"'; }
NAME=cinder-api await 180 "the backend of stock Cinder" up
"$PYTHON" tests/conformance/golden/check.py --record "$STOCK_URL"
