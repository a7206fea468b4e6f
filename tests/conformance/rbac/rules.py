"""What stock Cinder's own policies say: every rule, for every persona and target.

  rules.py record FILE    writes FILE anew        rules.py compare FILE    fails when stock says something else

Each file of policies/ is also laid over the defaults, as an operator's policy.yaml; of those only the
rules are kept about which it makes stock say something else. To be run where stock Cinder is installed.
A verdict is one letter for each target, y or n; the verdicts of the personas stand side by side.
"""

import json
import pathlib
import sys
import warnings

warnings.simplefilter("ignore")

from cinder import context, policies  # noqa: E402
from cinder import policy as cinder_policy  # noqa: E402
from oslo_config import cfg  # noqa: E402
from oslo_policy import policy  # noqa: E402

HERE = pathlib.Path(__file__).parent
ALL = ["admin", "member", "reader"]


def persona(name, roles, project="p-1", **further):
    return {"name": name, "user_id": "u-1", "project_id": project, "roles": roles, **further}


PERSONAS = [
    persona("admin", ALL),
    persona("only admin", ["admin"]),
    persona("admin beside the admin project", ALL, is_admin_project=False),
    persona("admin of another project", ALL, "p-2"),
    persona("manager", ["manager", "member", "reader"]),
    persona("member", ["member", "reader"]),
    persona("only member", ["Member"]),
    persona("reader", ["reader"]),
    persona("no role", []),
    persona("service", ["service"]),
    persona("service that is a member", ["service", "member", "reader"]),
    persona("somebody else's role", ["creator"]),
    persona("member of another project", ["member", "reader"], "p-2"),
    persona("system admin", ALL, None, system_scope="all"),
    persona("system reader", ["reader"], None, system_scope="all"),
    persona("system member", ["member", "reader"], None, system_scope="all"),
    persona("domain admin", ALL, None, domain_id="d-1"),
    persona("domain reader", ["reader"], None, domain_id="d-1"),
    persona("no auth", [], is_admin=True),
]

# `own` stands for what the caller would make.
TARGETS = [
    {"name": "own"},
    {"name": "one's own", "project_id": "p-1", "user_id": "u-1"},
    {"name": "of the project", "project_id": "p-1", "user_id": "u-2"},
    {"name": "of nobody in the project", "project_id": "p-1"},
    {"name": "of one's project and domain", "project_id": "p-1", "domain_id": "d-1"},
    {"name": "of another project", "project_id": "p-2", "user_id": "u-2"},
    {"name": "one's own elsewhere", "project_id": "p-2", "user_id": "u-1"},
    {"name": "one's own in no project", "user_id": "u-1"},
    {"name": "nobody's"},
]


def enforcer(file, new_defaults):
    conf = cfg.ConfigOpts()
    conf([], project="cinder", default_config_files=[])
    made = policy.Enforcer(conf, policy_file=str(file) if file else "none-such.yaml")
    conf.set_override("policy_dirs", [], group="oslo_policy")
    conf.set_override("enforce_new_defaults", new_defaults, group="oslo_policy")
    # Releases that still have the option; no rule of Cinder's has a scope, so that it changes nothing.
    if "enforce_scope" in conf.oslo_policy:
        conf.set_override("enforce_scope", True, group="oslo_policy")
    made.register_defaults(policies.list_rules())
    made.suppress_deprecation_warnings = True
    made.load_rules()
    made.use_conf = False  # or it looks at the file before each verdict
    return made


def context_of(who):
    given = {key: value for key, value in who.items() if key != "name"}
    return context.RequestContext(**{**given, "roles": list(given["roles"])}, overwrite=False)


def target_of(target, caller):
    if target["name"] == "own":
        return {"project_id": caller.project_id, "user_id": caller.user_id}
    return {key: value for key, value in target.items() if key != "name"}


def verdicts(file, new_defaults):
    judge = enforcer(file, new_defaults)
    cinder_policy._ENFORCER = judge  # decides who is an administrator
    callers = [context_of(who) for who in PERSONAS]
    found = {}
    for rule in policies.list_rules():
        found[rule.name] = " ".join(
            "".join("y" if judge.enforce(rule.name, target_of(target, caller), caller) else "n" for target in TARGETS)
            for caller in callers
        )
    return found


def by_verdict(found):
    grouped = {}
    for rule in sorted(found):
        grouped.setdefault(found[rule], []).append(rule)
    return dict(sorted(grouped.items()))


def everything():
    rules = {}
    for rule in policies.list_rules():
        former = rule.deprecated_rule
        rules[rule.name] = {
            "check": rule.check_str,
            "former": [former.name, former.check_str] if former else None,
            "scope_types": rule.scope_types,
        }
    said = {}
    for mode, new_defaults in (("new defaults", True), ("old and new defaults", False)):
        default = verdicts(None, new_defaults)
        said[mode] = {"": by_verdict(default)}
        for file in sorted((HERE / "policies").glob("*.yaml")):
            changed = verdicts(file, new_defaults)
            said[mode][file.name] = by_verdict({r: v for r, v in changed.items() if v != default[r]})
    return {"personas": PERSONAS, "targets": TARGETS, "rules": rules, "verdicts": said}


def lines(value, depth, indent=""):
    """JSON with a line for each item down to that depth."""
    if depth == 0 or not value:
        return json.dumps(value)
    inner = indent + " "
    if isinstance(value, dict):
        items = [f"{inner}{json.dumps(key)}: {lines(item, depth - 1, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + lines(item, depth - 1, inner) for item in value) + f"\n{indent}]"


def main(verb, path):
    parts = [
        f" {json.dumps(key)}: {lines(value, 3 if key == 'verdicts' else 1, ' ')}" for key, value in everything().items()
    ]
    now = "{\n" + ",\n".join(parts) + "\n}\n"
    if verb == "record":
        pathlib.Path(path).write_text(now)
    elif pathlib.Path(path).read_text() != now:
        pathlib.Path(path + ".now").write_text(now)
        print(f"DIFFERENT: stock says otherwise than {path}; see {path}.now")
        print("0 passed, 1 failed")
        sys.exit(1)
    print("1 passed, 0 failed")


main(*sys.argv[1:])
