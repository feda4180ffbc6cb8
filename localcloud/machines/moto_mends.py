"""What moto's EC2 does otherwise than AWS, mended; each is described in docs/local-cloud.md."""

import copy

from moto.ec2.models.instances import Instance, InstanceBackend


def call_when_launched(launched):
    """`launched(instances, request's keyword arguments)` is called before RunInstances answers."""
    stock = InstanceBackend.run_instances

    def run_instances(self, image_id, count, user_data, security_group_names, **options):
        tags = options.get("tags", {})  # moto takes it out
        reservation = stock(self, image_id, count, user_data, security_group_names, **options)
        for instance in reservation.instances:
            _interfaces_end_with_the_instance(instance, options.get("nics", []))
            for nic in instance.nics.values():
                nic.add_tags(tags.get("network-interface", {}))
        launched(reservation.instances)
        return reservation

    InstanceBackend.run_instances = run_instances


def terminating_twice_is_harmless():
    """moto stumbles over the interfaces that went with the first time."""
    stock = Instance.terminate

    def terminate(self):
        return copy.copy(self._state) if self.state in ("shutting-down", "terminated") else stock(self)

    Instance.terminate = terminate


def metadata_options_keep_what_is_not_named():
    """moto resets the options that ModifyInstanceMetadataOptions does not name, and so would open IMDSv1 again."""
    stock = InstanceBackend.modify_instance_metadata_options
    attributes = {
        "http_tokens": "http_tokens",
        "hop_limit": "http_put_response_hop_limit",
        "http_endpoint": "http_endpoint",
        "http_protocol": "http_protocol_ipv6",
        "metadata_tags": "instance_metadata_tags",
    }

    def modify(self, instance_id, **options):
        now = self.get_instance(instance_id).metadata_options
        kept = {name: getattr(now, attribute) for name, attribute in attributes.items() if options.get(name) is None}
        return stock(self, instance_id, **options | kept)

    InstanceBackend.modify_instance_metadata_options = modify


def _interfaces_end_with_the_instance(instance, asked):
    """An interface that RunInstances made goes with its instance unless told otherwise; moto keeps it."""
    said = {int(nic.get("DeviceIndex", 0)): nic for nic in asked}
    for index, nic in instance.nics.items():
        wish = said.get(index, {})
        if "NetworkInterfaceId" not in wish:
            nic.delete_on_termination = str(wish.get("DeleteOnTermination", True)).lower() != "false"


def root_volume_ends_with_the_instance(instance, form):
    """Unless RunInstances' form says otherwise; moto keeps a root volume that is declared without a word about it."""
    said = {
        value: form.get(key.replace("DeviceName", "Ebs.DeleteOnTermination"))
        for key, value in form.items()
        if key.startswith("BlockDeviceMapping.") and key.endswith(".DeviceName")
    }
    root = instance.block_device_mapping.get(instance.root_device_name)
    if root is not None and said.get(instance.root_device_name) is None:
        root.delete_on_termination = True
