"""While Keystone is away, and after it has come back; tests/stages/clients-keystone stops and starts it.

The stage runs "before", stops Keystone, runs "during", starts it again and runs "after".
"""

import os
import pathlib

from conftest import KEYSTONE, PEOPLE, URL, token_from

# a token that hearth has not seen, kept from the time when there was a Keystone to ask for it
UNSEEN = pathlib.Path(os.environ["HEARTH_TEST_UNSEEN_TOKEN"])


def test_before(demo):
    UNSEEN.write_text(f"{token_from(KEYSTONE, 'demo', 'demo')}\n{demo.endpoint}")
    assert demo.get("/volumes")["volumes"] == []


def test_during():
    demo = PEOPLE["demo"]
    token, endpoint = UNSEEN.read_text().split()
    answer = demo.call("GET", f"{endpoint}/volumes", token=token)
    assert answer.status_code == 503, answer.text
    assert demo.call("GET", f"{URL}/healthcheck", token="").status_code == 200


def test_after(demo):
    assert demo.call("GET", "/volumes", token=UNSEEN.read_text().split()[0]).status_code == 200
