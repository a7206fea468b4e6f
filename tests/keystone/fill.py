"""Give a freshly bootstrapped Keystone the people and the catalogue the tests speak of.

    fill.py KEYSTONE_URL VOLUME_URL [IMAGE_URL]

| user        | project  | roles          | who                                                  |
|-------------|----------|----------------|------------------------------------------------------|
| admin       | admin    | admin          | the cloud's administrator                            |
| demo        | demo     | member         | a tenant                                             |
| demo_reader | demo     | reader         | may look only                                        |
| alt_demo    | alt_demo | member         | another tenant                                       |
| nobody      | demo     | no Cinder role | a role that no rule mentions                         |
| nova        | service  | service        | a service that sends service tokens with user tokens |
| impostor    | demo     | member         | sends its own token as if it were a service's        |
| cinder      | service  | admin, service | the gateway's own account                            |
"""

import sys

import openstack

PEOPLE = [
    ("admin", "admin", ["admin"]),
    ("demo", "demo", ["member"]),
    ("demo_reader", "demo", ["reader"]),
    ("alt_demo", "alt_demo", ["member"]),
    ("nobody", "demo", ["bystander"]),
    ("nova", "service", ["service"]),
    ("impostor", "demo", ["member"]),
    ("cinder", "service", ["admin", "service"]),
]


def main(keystone_url, volume_url, image_url=None):
    identity = openstack.connect(
        auth_url=keystone_url, username="admin", password="secret", project_name="admin",
        user_domain_id="default", project_domain_id="default", region_name="RegionOne",
    ).identity
    roles, projects = {}, {}
    for user_name, project_name, role_names in PEOPLE:
        if project_name not in projects:
            projects[project_name] = identity.find_project(project_name) or identity.create_project(
                name=project_name, domain_id="default")
        user = identity.find_user(user_name) or identity.create_user(
            name=user_name, password="secret", domain_id="default")
        for name in role_names:
            if name not in roles:
                roles[name] = identity.find_role(name) or identity.create_role(name=name)
            identity.assign_project_role_to_user(projects[project_name], user, roles[name])
    # One with the project in the URL and one without: clients of either kind are about.
    services = [
        ("cinderv3", "volumev3", f"{volume_url}/%(project_id)s"),
        ("cinder", "block-storage", volume_url),
    ]
    if image_url:
        services.append(("glance", "image", image_url))
    for name, service_type, url in services:
        service = identity.create_service(name=name, type=service_type)
        for interface in ("public", "internal", "admin"):
            identity.create_endpoint(service_id=service.id, interface=interface, url=url, region_id="RegionOne")


if __name__ == "__main__":
    main(*sys.argv[1:])
