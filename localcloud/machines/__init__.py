"""A running EC2 instance is a machine of its own: systemd-nspawn over a cached base, own network namespace.

`engine.Ec2` answers EC2's API with moto and brings the machines in line; the other files each do one
part of a machine's life. What is faithful and what is not: docs/local-cloud.md, "Machines".
"""
