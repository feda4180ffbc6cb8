"""Names of all resources that an inventory declares."""


def declared_names(hostvars, hosts):
    """Every `name` in the lists that the hosts' variables declare, e.g. s3_buckets[0].name; sorted, without doubles.

    `hostvars`: Ansible's hostvars. Log groups and paths count as a whole.
    """
    names = set()
    for host in hosts:
        for key in list(hostvars[host]):
            if key.startswith(("ansible_", "group", "hostvars", "vars")):
                continue
            value = hostvars[host][key]
            if isinstance(value, list):
                names |= {item["name"] for item in value if isinstance(item, dict) and isinstance(item.get("name"), str)}
    return sorted(names)


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"declared_names": declared_names}
