"""Makes a document tell one lie, so that the stage can be seen to find it: lie.py WHICH <document >lie"""

import sys

import yaml

document = yaml.safe_load(sys.stdin)
operation = document["paths"]["/v3/limits"]["get"]
answer = operation["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["limits"]
match sys.argv[1]:
    case "field":  # one that is sent is not described
        del answer["properties"]["rate"]
        answer["required"].remove("rate")
    case "status":
        operation["responses"]["418"] = operation["responses"].pop("200")
    case "type":
        content = operation["responses"]["200"]["content"]
        content["text/plain"] = content.pop("application/json")
    case "header":
        operation["responses"]["200"]["headers"]["X-Not-There"] = {"required": True, "schema": {"type": "string"}}
document["paths"] = {"/v3/limits": {"get": operation}}
yaml.safe_dump(document, sys.stdout)
