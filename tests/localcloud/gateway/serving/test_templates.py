"""Mapping templates: what `$input`, `$util` and Velocity give."""

import json

import pytest

from localcloud.gateway.serving import documents
from localcloud.gateway.serving.java import Space
from localcloud.gateway.serving.template_variables import UTIL, HeaderMap, Input
from localcloud.gateway.serving.velocity import Template, TemplateFailed

BODY = '{"a":[1,2,{"b":"x\\"y\\\\ \\n 😀"}],"n":null,"s":"it\'s","f":1.5,"m":{"k":"v"}}'


def rendered(template, body=BODY):
    given = Input(body, {"id": "7"}, {"q": "z"}, HeaderMap({"x-foo": "bar"}))
    context = Space(requestId="r1", identity=Space(sourceIp="::1"), responseOverride={"header": {}})
    return Template(template).render({"input": given, "util": UTIL, "context": context, "stageVariables": Space(stream="st")})


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("$input.json('$.a[2].b')", '"x\\"y\\\\ \\n 😀"'),
        ("$input.path('$.a[2].b')", 'x"y\\ \n 😀'),
        ("$input.path('$.m') $input.path('$.a').get(0)", "{k=v} 1"),
        ("$input.path('$.none')|$input.json('$.none')", '|""'),
        ("$input.json('$..k') $input.json(\"$.a[0:2]\")", '["v"] [1,2]'),
        ("$input.json(\"$['m']['k']\")", '"v"'),
        ("$input.params('x-foo') $input.params('q') $input.params('id')|$input.params('no')", "bar z 7|"),
        ("$input.params().header.get('X-Foo') $input.params('path').id", "bar 7"),
        ("#foreach($x in $input.path('$.a'))$foreach.index/$foreach.count#if($foreach.hasNext),#end#end", "0/1,1/2,2/3"),
        ("#foreach($v in $input.path('$.m'))$v#end", "v"),
        ("#foreach($e in $input.path('$.m').entrySet())$e.key=$e.value#end", "k=v"),
        ("#foreach($i in [1..9])#if($i == 3)#break#end$i#end", "12"),
        ("#foreach($i in [1..3])#set($last = $i)#end$last", "3"),
        ('#set($x = "a,b,,")$x.split(",").size() $x.replaceAll("(a)", "$1$1") $x.substring(1)', "2 aa,b,, ,b,,"),
        ("#set($l = [])#set($ok = $l.add('x'))$l.size() $l.isEmpty() $l", "1 false [x]"),
        ("#set($m = {'a': 1})#set($old = $m.put('b', 2))$m.keySet() $m.containsKey('b')", "[a, b] true"),
        ("#if($nothing.size() > 3 || $input.path('$.n'))yes#{else}no#end", "no"),
        ('#if($input.path("$.f") == "1.5" && "a" != "b")yes#end', "yes"),
        ("#set($x = 7 / 2)$x #set($y = -7 % 2)$y #set($z = 1 + '1')$z", "3 -1 11"),
        ("$unknown $!unknown|$context.unknown|$context.a.b|$stageVariables.no", "$unknown |||"),
        ('"#fff" $1.50 \\"q\\" ${context.requestId}s', '"#fff" $1.50 \\"q\\" r1s'),
        ("$util.escapeJavaScript($input.path('$.a[2].b'))", 'x\\"y\\\\ \\n \\uD83D\\uDE00'),
        ('$util.escapeJavaScript($input.path("$.s")).replaceAll("\\\\\'", "\'")', "it's"),
        ("$util.urlEncode('a b/é~') $util.urlDecode('a+b%2F') $util.base64Decode('aGk=')", "a+b%2F%C3%A9%7E a b/ hi"),
        ("$util.parseJson('{\"a\": [true]}').a", "[true]"),
        ("#set($context.responseOverride.status = 418)$context.responseOverride.status", "418"),
        ("#set($context.responseOverride.header[\"X-Foo\"] = 'a')$context.responseOverride.header", "{X-Foo=a}"),
        ("#set($context.responseOverride.header.X-Foo = 'a')$context.responseOverride.header", "{X-Foo=a}"),
        ("## a comment\n#* another *#text#stop more", "text"),
        ("#macro(twice $x)$x$x#end#twice('a')", "aa"),
    ],
)
def test_a_template_gives(template, text):
    assert rendered(template) == text


@pytest.mark.parametrize(
    "template", ["#if(1", "#foreach($x in", "$input.path('$.a').get(9)", "#set($input.body = 1)", "$util.parseJson('{')"]
)
def test_a_template_that_fails_says_so(template):
    with pytest.raises(TemplateFailed):
        rendered(template)


@pytest.mark.parametrize("name", ["$input.__class__", "$input.body.__class__", "$util.__init__", "$context.__class__", "$input._params"])
def test_templates_do_not_reach_python(name):
    assert rendered(name) in (name, "")
    assert rendered("$input.body.format('x') $input.path('$.a').__len__()") == "$input.body.format('x') $input.path('$.a').__len__()"


def test_a_body_that_is_no_json_can_be_passed_on_but_not_read():
    assert rendered("$input.body", "no json") == "no json"
    with pytest.raises(documents.NoJson, match="Could not parse request body into json"):
        rendered("$input.json('$')", "no json")
    for text in ("NaN", "1e999", "[" * 100_000):
        with pytest.raises(documents.NoJson):
            documents.read(text)


def test_every_character_of_unicode_survives():
    points = [*range(0xD800), *range(0xE000, 0x10000), *range(0x10000, 0x110000, 61)]
    for start in range(0, len(points), 0x8000):
        text = "".join(map(chr, points[start : start + 0x8000]))
        body = json.dumps({"t": text}, ensure_ascii=False)
        assert rendered("$input.body", body) == body
        assert json.loads(rendered("$input.json('$.t')", body)) == text
        assert rendered("$util.base64Decode($util.base64Encode($input.path('$.t')))", body) == text
        assert rendered("$util.urlDecode($util.urlEncode($input.path('$.t')))", body) == text
        assert json.loads('"' + rendered("$util.escapeJavaScript($input.path('$.t'))", body).replace("\\'", "'") + '"') == text


def test_half_a_pair_of_surrogates_stays_an_escape():
    assert rendered("$input.json('$')", '{"t":"\\ud800"}') == '{"t":"\\ud800"}'
