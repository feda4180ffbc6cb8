"""Send the archive of wheels only when it is needed, as for systemd_release."""

from ansible.plugins.loader import action_loader

ActionModule = action_loader.get("systemd_release", class_only=True)
