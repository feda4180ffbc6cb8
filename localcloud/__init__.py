"""The local cloud: an AWS endpoint on this machine, to try and test with. See docs/local-cloud.md."""
