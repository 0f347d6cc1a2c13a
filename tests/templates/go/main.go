// What Go's text/template makes of templates, with the functions that Flagger gives it: one line of JSON for each.
//
// The list is fixed and the seeds are, so that the same program prints the same bytes. recorded.jsonl is what it printed;
// tests/templates holds Haldane to that without Go, and scripts/go-templates holds the file to Go.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"text/template"
)

// One template, and what became of it.
type answer struct {
	Template string `json:"template"`
	// The names that it was filled in with: one of the worlds below.
	World int `json:"world"`
	// What Go wrote; absent where it refused.
	Text *string `json:"text,omitempty"`
}

type world struct {
	names     map[string]string
	variables map[string]string
}

var worlds = []world{
	{
		names: map[string]string{
			"name": "api", "namespace": "fnp", "target": "api-deploy", "service": "api-svc", "ingress": "api-web",
			"route": "api-route", "interval": "1m",
		},
		variables: map[string]string{"key": "value", "topic_2": "a\"b\\c", "K": "", "é": "accent", "index": "i"},
	},
	{
		names: map[string]string{
			"name": "{{ target }}", "namespace": "\"} or vector(1) #", "target": " -}}\n", "service": "<&'>",
			"ingress": "`", "route": "", "interval": "\\",
		},
		variables: nil,
	},
}

func (w world) functions() template.FuncMap {
	functions := template.FuncMap{"variables": func() map[string]string { return w.variables }}
	for name, value := range w.names {
		value := value // One for each function, whatever version of Go this is.
		functions[name] = func() string { return value }
	}
	return functions
}

func (w world) fill(text string) *string {
	read, err := template.New("query").Option("missingkey=error").Funcs(w.functions()).Parse(text)
	if err != nil {
		return nil
	}
	var out strings.Builder
	if err := read.Execute(&out, nil); err != nil {
		return nil
	}
	filled := out.String()
	return &filled
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	seen := map[string]bool{}
	for _, text := range append(written, made()...) {
		if seen[text] {
			continue
		}
		seen[text] = true
		for number, world := range worlds {
			if err := lines.Encode(answer{text, number, world.fill(text)}); err != nil {
				panic(err)
			}
		}
	}
	if err := out.Flush(); err != nil {
		panic(err)
	}
}
