package detection

import (
	"strings"
	"unicode"
)

// A field is a variable, an outcome or a detection field of a rule.
type field struct {
	name    string
	values  []string // clean
	source  string   // where the value was found, such as udm.principal.hostname
	matched bool     // a match variable, as opposed to an outcome
}

// fieldsOf returns what the rules found, variables before outcomes and detection
// fields, which they replace. Each name is there once.
func fieldsOf(rules []object) (fields []field) {
	index := make(map[string]int)
	put := func(f field, more bool) {
		if f.name == "" || len(f.values) == 0 {
			return
		}
		i, known := index[f.name]
		switch {
		case known && more:
			for _, value := range f.values {
				if len(fields[i].values) < maxEntities {
					fields[i].values = append(fields[i].values, value)
				}
			}
		case !known && len(fields) < maxFields:
			index[f.name] = len(fields)
			fields = append(fields, f)
		}
	}
	for _, matched := range []bool{true, false} {
		for _, rule := range rules {
			variables := first(rule["variables"])
			for _, name := range sortedNames(variables) {
				variable := first(variables[name])
				if isOutcome := strings.EqualFold(scalar(variable["type"]), "OUTCOME"); isOutcome != matched {
					put(field{Clean(name, maxName), variableValues(variable), scalar(variable["sourcePath"]), matched}, false)
				}
			}
		}
	}
	variables := len(fields)
	for _, of := range []struct {
		list    string
		matched bool
	}{{"detectionFields", true}, {"outcomes", false}} {
		for _, rule := range rules {
			objects(rule[of.list], func(o object) bool {
				name := line(o["key"], maxName)
				i, known := index[name]
				// Of a name that comes twice both values count, but none replaces a variable.
				put(field{name, valuesOf(o["value"]), scalar(o["source"]), of.matched}, known && i >= variables)
				return true
			})
		}
	}
	return fields
}

// variableValues are the values of a variable: the text that it has, or what is in the
// one of its typed members that is set, such as stringVal or stringSeq.stringVals.
func variableValues(variable object) []string {
	if values := valuesOf(variable["value"]); len(values) > 0 {
		return values
	}
	for _, name := range sortedNames(variable) {
		switch {
		case strings.HasSuffix(name, "Val"), strings.HasSuffix(name, "Time"):
			if values := valuesOf(variable[name]); len(values) > 0 && name != "nullVal" {
				return values
			}
		case strings.HasSuffix(name, "Seq"):
			sequence := first(variable[name])
			for _, member := range sortedNames(sequence) {
				if values := valuesOf(sequence[member]); len(values) > 0 {
					return values
				}
			}
		}
	}
	return nil
}

// valuesOf are the items of v, or v itself, as clean lines.
func valuesOf(v any) (values []string) {
	list, isList := v.([]any)
	if !isList {
		list = []any{v}
	}
	for _, item := range list[:min(len(list), maxEntities)] {
		if value := Clean(text(item, maxValue), maxValue); value != "" && value != "{}" && value != "[]" {
			values = append(values, value)
		}
	}
	return values
}

// fromFields adds the values of match variables, those of who acts first, or those of
// outcomes that say where they are from.
func (e *Entities) fromFields(fields []field, matched bool) {
	for rank := range lastRank + 1 {
		for _, f := range fields {
			if f.matched != matched || f.rank() != rank {
				continue
			}
			addValue := e.byPath(f.source)
			if addValue == nil && matched {
				if addValue = e.byPath(f.name); addValue == nil {
					addValue = e.byLook
				}
			}
			if addValue == nil {
				continue
			}
			for _, value := range f.values {
				addValue(value)
			}
		}
	}
}

const lastRank = 2

// rank orders fields by who is meant: who acts, nobody in particular, who is acted upon.
func (f field) rank() int {
	where := f.source
	if where == "" {
		where = f.name
	}
	for _, word := range wordsOf(where) {
		switch word {
		case "principal", "src", "source", "attacker":
			return 0
		case "target", "dst", "dest", "destination", "victim", "about":
			return lastRank
		}
	}
	return 1
}

// kinds are the names of fields of UDM, and of variables, by what their values are.
var kinds = func() map[string]func(*Entities, string) {
	of := make(map[string]func(*Entities, string))
	for names, add := range map[string]func(*Entities, string){
		"host hosts hostname hostnames device computer workstation machine asset":                                                           (*Entities).host,
		"user users userid username account accountname email mail emailaddress emailaddresses windowssid userdisplayname sender recipient": (*Entities).user,
		"ip ips ipaddress address natip":                              (*Entities).byLook,
		"domain domains domainname fqdn":                              (*Entities).domain,
		"url urls uri":                                                (*Entities).link,
		"hash hashes filehash md5 sha1 sha256":                        func(e *Entities, text string) { e.hash(text) },
		"command commandline cmdline process processname processpath": (*Entities).process,
		"file files fullpath filepath filename path":                  (*Entities).file,
	} {
		for name := range strings.FieldsSeq(names) {
			of[name] = add
		}
	}
	return of
}()

// byPath returns what adds the value at a path of UDM, such as udm.principal.hostname,
// or of a variable with such a name, or nil where that says nothing of it.
func (e *Entities) byPath(path string) func(string) {
	parent, last := "", path
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		parent, last = path[:i], path[i+1:]
	}
	parts := wordsOf(last)
	if len(parts) == 1 && parts[0] == "name" {
		switch above := wordsOf(parent); {
		case len(above) == 0:
		case above[len(above)-1] == "domain", above[len(above)-1] == "questions":
			return e.domain
		}
	}
	// All of the words, or the last two, or the last: target_file_hash is a filehash.
	for _, n := range []int{len(parts), 2, 1} {
		if n < 1 || n > len(parts) {
			continue
		}
		name := strings.Join(parts[len(parts)-n:], "")
		for _, prefix := range []string{"", "src", "dst", "source", "target"} {
			if rest, found := strings.CutPrefix(name, prefix); found && kinds[rest] != nil {
				return func(value string) { kinds[rest](e, value) }
			}
		}
	}
	return nil
}

// wordsOf splits a path, or a name in snake_case or camelCase, into its words in lower
// case.
func wordsOf(path string) []string {
	path = path[:min(len(path), maxName)]
	var spaced strings.Builder
	lower := false
	for _, c := range path {
		switch {
		case unicode.IsUpper(c):
			if lower {
				spaced.WriteByte(' ')
			}
			lower = false
			spaced.WriteRune(unicode.ToLower(c))
			continue
		case unicode.IsLetter(c) || unicode.IsDigit(c):
			spaced.WriteRune(c)
			lower = true
			continue
		}
		spaced.WriteByte(' ')
		lower = false
	}
	return strings.Fields(spaced.String())
}

// byLook adds a value whose form alone tells what it is.
func (e *Entities) byLook(value string) {
	if e.hash(value) || e.address(value) {
		return
	}
	switch {
	case strings.HasPrefix(value, "http://"), strings.HasPrefix(value, "https://"):
		e.link(value)
	case strings.Count(value, "@") == 1 && !strings.ContainsAny(value, " /:") && strings.Contains(value[strings.IndexByte(value, '@'):], "."):
		e.user(value)
	}
}
