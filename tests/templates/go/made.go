// The templates: some written by hand, because somebody would write them or because they are where readers differ, and
// the rest put together from pieces by a generator of its own (SplitMix64), which no version of a library changes.
package main

// By hand.
var written = []string{
	"", "up", "{{ namespace }}", "{{namespace}}", "{{  namespace\t}}", "{{\nnamespace\n}}", "a{{ name }}b{{ target }}c",
	"{{ service }}/{{ ingress }}/{{ route }}[{{ interval }}]", "{{ variables.key }}", "{{variables.topic_2}}",
	"{{ variables.K }}", "{{ variables.missing }}", "{{ variables.é }}", "{{ variables }}", "{{ variables.key.more }}",
	"{{ variables .key }}", "{{ variables. key }}", "{{ variables.}}", "{{ variables.1 }}", "{{ variables.key- }}",
	"{{ (variables).key }}", "{{ index variables \"key\" }}", "{{ index variables `key` }}",
	"{{ index variables \"missing\" }}", "{{ index variables \"k\\x65y\" }}", "{{ index variables name }}",
	"{{ index variables }}", "{{ index variables \"key\" \"key\" }}", "{{ index (variables) \"key\" }}",
	"{{index variables\"key\"}}", "{{ index  variables\n\"key\" }}", "{{ index variables \"\\u00e9\" }}",
	"{{ \"{{\" }}", "{{\"{{\"}} name }}", "{{ `}}` }}", "{{ \"}}\" }}", "{{ \"\" }}", "{{ `a\r\nb` }}", "{{ \"a\nb\" }}",
	"{{ \"\\n\\t\\r\\\\\\\"\" }}", "{{ \"\\'\" }}", "{{ \"\\a\" }}", "{{ \"\\xff\" }}", "{{ \"\\101\" }}",
	"{{ \"\\u00e9\" }}", "{{ \"\\ud800\" }}", "{{ \"\\q\" }}", "{{ \"é\" }}", "{{ \"a\" \"b\" }}", "{{ \"a\"\"b\" }}",
	"{{ \"a }}", "{{ `a }}", "{{ \"a\\\" }}", "{{ 'a' }}", "{{ 1 }}", "{{ -1 }}", "{{ 0x1F }}", "{{ 1i }}", "{{ true }}",
	"{{ nil }}", "{{ . }}", "{{ .name }}", "{{ $ }}", "{{ $x := name }}{{ $x }}", "{{ $x }}", "{{ (name) }}", "{{ ((name)) }}",
	"{{ (name }}", "{{ name) }}", "{{ name | print }}", "{{ print name }}", "{{ printf \"%s\" name }}", "{{ len name }}",
	"{{ name | }}", "{{ | name }}", "{{ name name }}", "{{ name \"x\" }}", "{{ name.x }}", "{{ name. }}", "{{ name, }}",
	"{{ if true }}a{{ end }}", "{{ if name }}a{{ else }}b{{ end }}", "{{ range variables }}{{ . }}{{ end }}",
	"{{ with name }}{{ . }}{{ end }}", "{{ end }}", "{{ else }}", "{{ define \"x\" }}a{{ end }}b", "{{ template \"x\" }}",
	"{{ block \"x\" . }}a{{ end }}", "{{ break }}", "{{ continue }}", "{{ call name }}", "{{ html name }}", "{{ not name }}",
	"{{ urlquery name }}", "{{ Name }}", "{{ names }}", "{{ name2 }}", "{{ naïve }}", "{{ name² }}",
	"{{}}", "{{ }}", "{{- }}", "{{ -}}", "{{-}}", "{{--}}", "{{- -}}", "{{-  -}}", "a {{- name -}} b", "a {{-name-}} b",
	"a {{- name}} b", "a {{name -}} b", "a {{name-}} b", "a {{ name - }} b", "a \n\t{{- \"x\" -}}\r\n b", "a {{-\nname\n-}} b",
	"a {{- name -}} {{- name -}} b", "a {{name}} {{name}} b", "{{/* a */}}", "a {{- /* b */ -}} c", "a {{- /* b */}} c",
	"a {{/* b */ -}} c", "{{/**/}}", "{{/* a }}", "{{ /* a */ }}", "{{/* a */ }}", "{{/* a */ name }}", "{{/* {{ name }} */}}",
	"{{-/* a */}}", "{{/* a */-}}", "{{/* \n */}}", "{{/*/}}", "{", "}", "{ {", "}}", "{{", "{{ name", "{{ name }", "{{ name } }",
	"{{{ name }}}", "{{{name}}}", "{ {{ name }} }", "{{ name }}}", "x{a=\"{{ name }}\"}", "{{{{ name }}}}", "{{ {{ name }} }}",
	"{{ name }}{{", "{{ \"{\" }}{{ name }}", "\x00{{ name }}\x7f", "é{{ name }}é", "\u2028{{ name }}", "{{\u00a0name }}",
	"{{ name\u2003}}", "{{\vname}}", "{{ name\x00}}", "{{ @ }}", "{{ name # }}", "{{ name; }}", "{{ = }}", "{{ : }}", "{{ := }}",
}

type dice uint64

func (d *dice) below(bound uint64) int {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return int((z ^ (z >> 31)) % bound)
}

func (d *dice) of(choices []string) string {
	return choices[d.below(uint64(len(choices)))]
}

// What stands between braces, or should.
var insides = []string{
	"namespace", "target", "name", "service", "ingress", "route", "interval", "variables.key", "variables.topic_2",
	"variables.none", "index variables \"key\"", "index variables `none`", "\"text\"", "`raw`", "\"\\\"\"", "\"{{\"", "`}}`",
	"/* why */", "/* {{ */", "print name", "name | len", ".", "$x", "(name)", "if name", "end", "1", "'c'", "name name",
}

// White space and markers at an end of an action.
var lefts, rights = []string{"", " ", "  ", "\n", "- ", "-", "-\n", " - "}, []string{"", " ", "\t", " -", "-", "\n-", "  -", " - "}

// Text between actions.
var between = []string{"", " ", "\n ", "sum(rate(x{a=\"", "\"}[", "])) ", "{", "}", "{ {", "/*", "*/", "-", "é", "\""}

// Whole templates of up to four actions, one piece at a time; then some with a few bytes missing.
func made() []string {
	seed := dice(7)
	d := &seed
	var all []string
	for len(all) < 900 {
		text := d.of(between)
		for range make([]struct{}, 1+d.below(4)) {
			// Most templates are of what is understood: one stray piece and Go refuses the whole.
			inside := insides[d.below(19)]
			if d.below(12) == 0 {
				inside = d.of(insides)
			}
			left, right := lefts[d.below(5)], rights[d.below(4)]
			if d.below(12) == 0 {
				left, right = d.of(lefts), d.of(rights)
			}
			if inside[0] == '/' && d.below(4) > 0 {
				left, right = "", ""
			}
			text += "{{" + left + inside + right + "}}" + d.of(between)
		}
		if d.below(8) == 0 {
			runes := []rune(text)
			at := d.below(uint64(len(runes)))
			text = string(append(runes[:at:at], runes[min(at+1+d.below(3), len(runes)):]...))
		}
		all = append(all, text)
	}
	return all
}
