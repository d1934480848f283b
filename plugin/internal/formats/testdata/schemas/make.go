//go:build ignore

// Make writes the tables that the tests hold documents against, from exports of
// the public schemas:
//
//	go run make.go detection_finding.json fields.csv
//
// The first is the class detection_finding of OCSF 1.8.0 with its objects
// (https://github.com/ocsf/ocsf-schema, Apache-2.0), as an object of class and
// objects; the second has the fields of ECS 9.4.0 (https://github.com/elastic/ecs,
// Apache-2.0) as lines of name, type and "array". Facts are all that is taken: names,
// types, what is required, a list or one of some values.
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
)

type attribute struct {
	Type, Requirement, Profile string
	Array                      bool
	Enum                       []string
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: go run make.go detection_finding.json fields.csv")
	}
	ocsf(os.Args[1])
	ecs(os.Args[2])
}

// enums are values that the export doesn't have, since they come from the class, its
// category and the types of the dictionary.
var enums = map[string][]string{
	"class.class_uid":    {"2004"},
	"class.category_uid": {"2"},
	"class.type_uid":     {"200400", "200401", "200402", "200403", "200499"},
	"observable.type_id": strings.Fields("0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 19 20 21 22 23 24 25 26 27 30 36 37 42 45 99"),
}

func ocsf(path string) {
	text, err := os.ReadFile(path)
	fatal(err)
	var export struct {
		Class   map[string]attribute
		Objects map[string]map[string]attribute
	}
	fatal(json.Unmarshal(text, &export))
	export.Objects["class"] = export.Class
	var table strings.Builder
	table.WriteString("# OCSF 1.8.0, class detection_finding and its objects. https://github.com/ocsf/ocsf-schema, Apache-2.0. Facts only, made by make.go.\n")
	table.WriteString("# object, attribute, type, req|rec|opt, array, profile, enum\n")
	for _, object := range sorted(export.Objects) {
		for _, name := range sorted(export.Objects[object]) {
			a := export.Objects[object][name]
			if own, found := enums[object+"."+name]; found {
				a.Enum = own
			}
			array := ""
			if a.Array {
				array = "array"
			}
			fmt.Fprintln(&table, strings.Join([]string{
				object, name, strings.TrimPrefix(a.Type, "object:"), a.Requirement[:3], array, a.Profile, strings.Join(a.Enum, "|"),
			}, ","))
		}
	}
	fatal(os.WriteFile("ocsf.csv", []byte(table.String()), 0o600))
}

// groups are the field sets that a detection has something for.
var groups = strings.Fields("@timestamp dns ecs email event file host http message network observer process related rule source destination tags threat url user user_agent")

func ecs(path string) {
	text, err := os.ReadFile(path)
	fatal(err)
	var table strings.Builder
	table.WriteString("# ECS 9.4.0, the field sets that a detection has something for. https://github.com/elastic/ecs, Apache-2.0. Facts only, made by make.go.\n")
	table.WriteString("# field, type, array\n")
	for line := range strings.Lines(string(text)) {
		name, _, _ := strings.Cut(line, ",")
		group, rest, _ := strings.Cut(name, ".")
		if !slices.Contains(groups, group) || slices.ContainsFunc(detailed, func(part string) bool { return strings.Contains(rest, part) }) {
			continue
		}
		table.WriteString(line)
	}
	fatal(os.WriteFile("ecs.csv", []byte(table.String()), 0o600))
}

// detailed are parts of field sets that no detection has.
var detailed = []string{"indicator.", "enrichments", "elf.", "pe.", "macho.", "x509.", "code_signature.", "session_leader", "group_leader", "entry_leader", "previous.", "risk.", "attested_"}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, cmp.Compare[string])
	return keys
}

func fatal(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
