package detection

import (
	_ "embed" // for the names of techniques
	"regexp"
	"slices"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/words"
)

// Attack is what a detection says of MITRE ATT&CK.
type Attack struct {
	Tactics    []Named
	Techniques []Named
}

// Named is a tactic or a technique. Either of the two may be unknown.
type Named struct{ ID, Name string }

// attack reads labels whose keys speak of ATT&CK, tags, addresses of pages of ATT&CK,
// and what the products that saw the events say.
func (s ruleView) attack(detection object, events []object) (of Attack) {
	var texts, names []string
	for _, label := range s.labels {
		isAttack := containsAny(label.name, "mitre", "tactic", "technique", "att&ck")
		for _, value := range label.values {
			if isAttack || strings.Contains(value, "attack.mitre.org") {
				texts = append(texts, dotted(value))
			}
			if isAttack && strings.Contains(label.name, "technique") {
				names = append(names, nameIn(value))
			}
		}
	}
	scalars(detection["tags"], func(tag string) { texts = append(texts, dotted(Clean(tag, maxName))) })
	found := words.AttackOf(texts)
	for _, tactic := range found.Tactics {
		of.tactic(Named{tactic.ID, tactic.Name})
	}
	for _, id := range found.Techniques {
		of.technique(Named{id, techniqueNames[id]})
	}
	of.name(names)
	for i, technique := range of.Techniques {
		if technique.Name == "" {
			parent, _, _ := strings.Cut(technique.ID, ".")
			of.Techniques[i].Name = techniqueNames[parent]
		}
	}
	for _, event := range events {
		objects(event["securityResult"], of.details)
	}
	return of
}

func containsAny(text string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

var subTechnique = regexp.MustCompile(`(?i)\b(T[0-9]{4})/([0-9]{3})\b`)

// dotted writes techniques as in addresses, T1562/008, like T1562.008.
func dotted(text string) string {
	if !strings.Contains(text, "/") {
		return text
	}
	return subTechnique.ReplaceAllString(text, "$1.$2")
}

var identifiers = regexp.MustCompile(`(?i)\bT[0-9]{4}(?:[./][0-9]{3})?\b`)

// nameIn is a technique's name in the value of a label, such as "T1566 - Phishing".
func nameIn(value string) string {
	if strings.Contains(value, "://") {
		return ""
	}
	return strings.Trim(identifiers.ReplaceAllString(value, ""), " :()[]-,;")
}

// name uses the names of techniques that labels have: for the one technique without a
// name, or as techniques of their own.
func (a *Attack) name(names []string) {
	for _, name := range names {
		short := name
		if i := strings.LastIndex(name, ": "); i >= 0 {
			short = name[i+2:]
		}
		known := func(t Named) bool { return strings.EqualFold(t.Name, name) || strings.EqualFold(t.Name, short) }
		if name == "" || slices.ContainsFunc(a.Techniques, known) {
			continue
		}
		nameless := slices.IndexFunc(a.Techniques, func(t Named) bool { return t.Name == "" })
		id := techniqueIDs[strings.ToLower(name)]
		if id == "" {
			id = techniqueIDs[strings.ToLower(short)]
		}
		switch {
		case id != "":
			if !slices.ContainsFunc(a.Techniques, func(t Named) bool { return strings.HasPrefix(t.ID, id) }) {
				a.technique(Named{id, techniqueNames[id]})
			}
		case nameless >= 0:
			a.Techniques[nameless].Name = name
		case len(a.Techniques) == 0:
			a.technique(Named{Name: name})
		}
	}
}

// details adds the attackDetails of a security result.
func (a *Attack) details(result object) bool {
	objects(result["attackDetails"], func(details object) bool {
		objects(details["tactics"], func(tactic object) bool {
			if of := words.AttackOf([]string{line(tactic["id"], maxName), line(tactic["name"], maxName)}); len(of.Tactics) > 0 {
				a.tactic(Named{of.Tactics[0].ID, of.Tactics[0].Name})
			}
			return true
		})
		objects(details["techniques"], func(technique object) bool {
			id, name := line(technique["id"], maxName), line(technique["name"], maxName)
			if sub := line(technique["subtechniqueId"], maxName); sub != "" {
				if !strings.Contains(sub, ".") && !strings.HasPrefix(strings.ToUpper(sub), "T") {
					sub = id + "." + sub
				}
				id, name = sub, line(technique["subtechniqueName"], maxName)
			}
			if of := words.AttackOf([]string{id}); len(of.Techniques) > 0 {
				id = of.Techniques[0]
			} else {
				id = ""
			}
			if known := techniqueNames[id]; known != "" {
				name = known
			}
			if id != "" || name != "" {
				a.technique(Named{id, name})
			}
			return true
		})
		return true
	})
	return true
}

func (a *Attack) tactic(of Named) { addNamed(&a.Tactics, of) }

func (a *Attack) technique(of Named) { addNamed(&a.Techniques, of) }

func addNamed(list *[]Named, of Named) {
	same := func(other Named) bool { return other.ID == of.ID && (of.ID != "" || other.Name == of.Name) }
	if len(*list) < maxEntities && !slices.ContainsFunc(*list, same) {
		*list = append(*list, of)
	}
}

// techniquesText has the techniques that detections name most, one a line. The name of
// any other is what the detection says.
//
//go:embed techniques.txt
var techniquesText string

// techniqueNames are names by identifier, techniqueIDs identifiers by name in lower
// case. A name that several techniques share has no identifier.
var techniqueNames, techniqueIDs = func() (names, ids map[string]string) {
	names, ids = make(map[string]string), make(map[string]string)
	for text := range strings.Lines(techniquesText) {
		id, name, _ := strings.Cut(strings.TrimSpace(text), " ")
		names[id] = name
		name = strings.ToLower(name)
		if _, shared := ids[name]; shared {
			id = ""
		}
		ids[name] = id
	}
	return names, ids
}()
