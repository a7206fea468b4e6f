"""All cases, and why some changes are seen in none of them."""

from . import copies, groups, operating, sharing, volumes
from .scene import SCENES

ROOMS = (volumes, copies, groups, sharing, operating)
CASES = [case for room in ROOMS for case in room.READS + room.CHANGES]
# The minor versions whose change cannot be seen here. It is held both ways: with a reason no case may see it.
UNSEEN = {
    34: "no filter by a part is configured for members, and administrators have them from 3.31 on, or all along",
    46: "a Nova image instead of a snapshot: there is no Glance here",
    50: "says only that the server knows multiattach",
    60: "the filters by time work from 3.31 on",
    64: "a key is shown only of an encrypted volume, and there is no key manager here",
    67: "URLs without a project work below it, too",
    69: "shared_targets is null only where a driver says so, and none here does",
    70: "transfer of an encrypted volume, and there is no key manager here",
    71: "the action works below it, too",
}
