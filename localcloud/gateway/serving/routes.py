"""Which resource a path is: a literal segment before a parameter, a parameter before a greedy one. Pure."""


class Routes:
    """`paths`: the API's resource paths, such as `/poc/{id}` and `/files/{proxy+}`."""

    def __init__(self, paths):
        self._root = _Node()
        for path in paths:
            node = self._root
            for segment in _segments(path):
                node = node.child(segment)
            node.resource = path

    def find(self, path):
        """(resource path, {parameter: text}) or None; a slash at the end does not count."""
        return _find(self._root, _segments(path), 0, {})


class _Node:
    def __init__(self):
        self.literal, self.parameter, self.greedy, self.name, self.resource = {}, None, None, "", None

    def child(self, segment):
        if segment.startswith("{") and segment.endswith("+}"):
            self.greedy = self.greedy or _Node()
            self.greedy.name = segment[1:-2]
            return self.greedy
        if segment.startswith("{") and segment.endswith("}"):
            self.parameter = self.parameter or _Node()
            self.parameter.name = segment[1:-1]
            return self.parameter
        return self.literal.setdefault(segment, _Node())


def _segments(path):
    return path.strip("/").split("/") if path.strip("/") else []


def _find(node, segments, at, found):
    if at == len(segments):
        return (node.resource, found) if node.resource is not None else None
    literal = node.literal.get(segments[at])
    answer = _find(literal, segments, at + 1, found) if literal else None
    if answer is None and node.parameter is not None and segments[at]:
        answer = _find(node.parameter, segments, at + 1, {**found, node.parameter.name: segments[at]})
    if answer is None and node.greedy is not None and node.greedy.resource is not None:
        answer = node.greedy.resource, {**found, node.greedy.name: "/".join(segments[at:])}
    return answer
