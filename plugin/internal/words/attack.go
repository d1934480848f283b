package words

import (
	"regexp"
	"slices"
	"strings"
)

// Attack is what texts say of MITRE ATT&CK.
type Attack struct {
	Tactics    []Tactic
	Techniques []string // T1059, and T1059.001 of one below it
}

// A Tactic has no name where it isn't known.
type Tactic struct{ ID, Name string }

// tactics are those of the matrix for enterprises, in its order.
var tactics = []Tactic{
	{"TA0043", "Reconnaissance"},
	{"TA0042", "Resource Development"},
	{"TA0001", "Initial Access"},
	{"TA0002", "Execution"},
	{"TA0003", "Persistence"},
	{"TA0004", "Privilege Escalation"},
	{"TA0005", "Defense Evasion"},
	{"TA0006", "Credential Access"},
	{"TA0007", "Discovery"},
	{"TA0008", "Lateral Movement"},
	{"TA0009", "Collection"},
	{"TA0011", "Command and Control"},
	{"TA0010", "Exfiltration"},
	{"TA0040", "Impact"},
}

var (
	// attackID is an identifier of a tactic or of a technique, in upper case.
	attackID = regexp.MustCompile(`\b(?:TA[0-9]{4}|T[0-9]{4}(?:\.[0-9]{3})?)\b`)
	// attackName is a name of a tactic, in upper case, that stands alone or between
	// marks: ATTACK.INITIAL_ACCESS, Tactic: Execution. A word of a sentence is none.
	attackName = func() *regexp.Regexp {
		var names []string
		for _, t := range tactics {
			names = append(names, strings.ReplaceAll(strings.ToUpper(t.Name), " ", "[ _-]"))
		}
		return regexp.MustCompile(`(?:^|[.,:;|/()\[\]])[ ]*(` + strings.Join(names, "|") + `)[ ]*(?:$|[.,:;|/()\[\]-])`)
	}()
)

// AttackOf finds the identifiers of tactics and techniques, and the names of tactics,
// in any case. Each is there once.
func AttackOf(texts []string) (of Attack) {
	for _, text := range texts {
		text = strings.ToUpper(text)
		for _, id := range attackID.FindAllString(text, -1) {
			switch {
			case strings.HasPrefix(id, "TA"):
				of.add(tacticBy(func(t Tactic) bool { return t.ID == id }, Tactic{ID: id}))
			case !slices.Contains(of.Techniques, id):
				of.Techniques = append(of.Techniques, id)
			}
		}
		for _, found := range attackName.FindAllStringSubmatch(text, -1) {
			name := strings.NewReplacer("_", " ", "-", " ").Replace(found[1])
			of.add(tacticBy(func(t Tactic) bool { return strings.EqualFold(t.Name, name) }, Tactic{}))
		}
	}
	return of
}

func tacticBy(is func(Tactic) bool, otherwise Tactic) Tactic {
	if i := slices.IndexFunc(tactics, is); i >= 0 {
		return tactics[i]
	}
	return otherwise
}

func (a *Attack) add(tactic Tactic) {
	if !slices.Contains(a.Tactics, tactic) {
		a.Tactics = append(a.Tactics, tactic)
	}
}
