"""Velocity templates, by airspeed with what API Gateway's Velocity does otherwise.

Templates reach only the members of the tables here and of the objects that they are given (`TEMPLATE_MEMBERS`), never
attributes of Python's objects: airspeed itself would let them.
"""

import importlib.util
import re

from localcloud.gateway.serving import java


def _private_copy():
    """airspeed's module as our own, so that what is changed here is changed for nobody else."""
    spec = importlib.util.find_spec("airspeed")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


vtl = _private_copy()


class TemplateFailed(Exception):
    """A template that cannot be read or rendered; the text says where and why."""


class _Break(BaseException):
    """`#break`; no Exception, since airspeed wraps those."""


class Template:
    """A template's text, parsed once. `render(variables)` gives the text, or raises TemplateFailed (or what a variable raises)."""

    def __init__(self, text):
        self.text, self._root, self._problem = text, None, None
        try:
            self._root = vtl.TemplateBody("template", text)
        except (vtl.TemplateSyntaxError, vtl.NoMatch, RecursionError) as error:
            self._problem = f"the template cannot be read: {error or type(error).__name__}"

    def render(self, variables):
        if self._problem:
            raise TemplateFailed(self._problem)
        stream = vtl.StoppableStream()
        try:
            self._root.evaluate(stream, dict(variables), vtl.NullLoader())
        except _Break:
            pass
        except (vtl.TemplateExecutionError, RecursionError, MemoryError) as error:
            cause = error.__cause__ or error
            if isinstance(cause, PassThrough):
                raise cause from None
            raise TemplateFailed(f"the template failed: {type(cause).__name__}: {cause}") from error
        return stream.getvalue()


class PassThrough(Exception):
    """What a variable raises to its caller through the template."""


class _NameOrCall(vtl.NameOrCall):
    """A name, called or not, looked up in our tables."""

    def calculate(self, current_object, loader, top_namespace):
        parameters = None if self.parameters is None else self.parameters.calculate(top_namespace, loader)
        if isinstance(current_object, vtl.LocalNamespace):
            try:
                found = current_object[self.name]
            except KeyError:
                return None
            if isinstance(found, vtl._FunctionDefinition):
                stream = vtl.StoppableStream()
                found.execute_function(stream, top_namespace, parameters or [], loader)
                return stream.getvalue()
        else:
            found = java.member(current_object, self.name, parameters)
        if self.index is not None and found is not None:
            return java.item(found, self.index.calculate(top_namespace, loader))
        return found


class _SubExpression(vtl.SubExpression):
    def calculate(self, current_object, loader, global_namespace):
        if not isinstance(self.expression, vtl.ArrayIndex):
            return self.expression.calculate(current_object, loader, global_namespace)
        found = java.item(current_object, self.expression.calculate(global_namespace, loader))
        return self.subexpression.calculate(found, loader, global_namespace) if self.subexpression else found


class _FormalReference(vtl.FormalReference):
    """What is printed is Java's text of a value."""

    def evaluate_raw(self, stream, namespace, loader):
        value = self.expression.calculate(namespace, loader) if self.expression is not None else None
        if value is None and self.alternate is not None:
            value = self.alternate.calculate(namespace, loader)
        if value is None:
            stream.write("" if self.silent and self.expression is not None else self.my_text())
        else:
            stream.write(value if value.__class__ is str else java.text(value))


class _StringLiteral(vtl.StringLiteral):
    """Velocity's strings: a backslash is a backslash, a doubled quote one quote."""

    STRING = re.compile(r"'((?:[^']|'')*)'", re.S)
    QUOTE = "'"

    def parse(self):
        (value,) = self.identity_match(self.STRING)
        self.value = value.replace(self.QUOTE * 2, self.QUOTE)


class _InterpolatedStringLiteral(_StringLiteral):
    STRING = re.compile(r'"((?:[^"]|"")*)"', re.S)
    QUOTE = '"'

    def parse(self):
        super().parse()
        self.plain = not re.search(r"[$#]", self.value)
        self.block = None if self.plain else vtl.Block(self.filename, self.value, 0)

    def calculate(self, namespace, loader):
        if self.plain:
            return self.value
        output = vtl.StoppableStream()
        self.block.evaluate(output, namespace, loader)
        # What stands after the last thing that could be read, such as a lone `#end`, is text.
        return output.getvalue() + self.value[self.block.end :]


class _SetDirective(vtl.SetDirective):
    """Also `#set($a.b["c-d"] = …)` and `#set($a.c-d = …)`."""

    PLACE = re.compile(
        r"""\s*\$\{?([a-z_][a-z0-9_]*(?:\.[a-z_](?:[a-z0-9_]|-(?=[a-z]))*|\[\s*(?:"[^"]*"|'[^']*')\s*\])*)\}?""", re.S | re.I
    )
    TERM = re.compile(r"""\[\s*["']([^"']*)["']\s*\]|\.?([^.\[]+)""")

    def parse(self):
        self.identity_match(self.START)
        (place,) = self.require_match(self.PLACE, "place")
        self.terms = [quoted or plain for quoted, plain in self.TERM.findall(place)]
        self.require_match(self.EQUALS, "=")
        self.value = self.require_next_element(vtl.Expression, "expression")
        self.require_match(self.END, "closing paren")

    def evaluate_raw(self, stream, namespace, loader):
        value = self.value.calculate(namespace, loader)
        if len(self.terms) == 1:
            namespace.set_inherited(self.terms[0], value)
            return
        place = namespace[self.terms[0]]
        for term in self.terms[1:-1]:
            place = place[term]
        if not isinstance(place, dict):
            raise TypeError(f"${'.'.join(self.terms[:-1])} has no members that can be set")
        place[self.terms[-1]] = value


class _ForeachDirective(vtl.ForeachDirective):
    """A map's values, not its keys; what is set inside stays set behind the loop."""

    def evaluate_raw(self, stream, namespace, loader):
        items = java.items(self.value.calculate(namespace, loader))
        names = ("foreach", "velocityCount", "velocityHasNext", self.loop_var_name)
        before = {name: dict.get(namespace, name, namespace) for name in names}  # `namespace`: there was none
        try:
            for index, item in enumerate(items):
                last = index + 1 == len(items)
                # The loop around this one, as `$foreach.parent`.
                loop = {"index": index, "count": index + 1, "hasNext": not last, "first": index == 0, "last": last}
                if before["foreach"] is not namespace:
                    loop["parent"] = before["foreach"]
                namespace.update(dict(zip(names, (loop, index + 1, not last, item), strict=True)))
                self.block.evaluate(stream, namespace, loader)
        except _Break:
            pass
        finally:
            for name, value in before.items():
                if value is namespace:
                    dict.pop(namespace, name, None)
                else:
                    namespace[name] = value


class _BreakDirective(vtl._Element):
    BREAK = re.compile(r"#(?:break|\{break\})(?![a-zA-Z0-9_])[ \t]*\n?", re.S)

    def parse(self):
        self.identity_match(self.BREAK)

    def evaluate(self, stream, namespace, loader):
        raise _Break


class _UserDefinedDirective(vtl.UserDefinedDirective):
    DIRECTIVES = (_BreakDirective,)


vtl.NameOrCall, vtl.SubExpression, vtl.FormalReference = _NameOrCall, _SubExpression, _FormalReference
vtl.StringLiteral, vtl.InterpolatedStringLiteral = _StringLiteral, _InterpolatedStringLiteral
vtl.SetDirective, vtl.ForeachDirective, vtl.UserDefinedDirective = _SetDirective, _ForeachDirective, _UserDefinedDirective
vtl.BinaryOperator.OPERATORS = {**vtl.BinaryOperator.OPERATORS, **java.OPERATORS}
