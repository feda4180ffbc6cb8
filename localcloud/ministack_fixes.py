"""Mends for what MiniStack does otherwise than AWS; each is described in docs/local-cloud.md."""


def apply(ministack, settings):
    """Patch MiniStack's modules and return its application, wrapped where answers need mending."""
    return ministack
