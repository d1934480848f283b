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

// attackID is an identifier of a tactic or of a technique, in upper case.
var attackID = regexp.MustCompile(`\b(?:TA[0-9]{4}|T[0-9]{4}(?:\.[0-9]{3})?)\b`)

// AttackOf finds the identifiers of tactics and techniques, and the names of tactics,
// in any case. Each is there once.
func AttackOf(texts []string) (of Attack) {
	for _, text := range texts {
		text = strings.ToUpper(text)
		if strings.ContainsAny(text, "0123456789") {
			for _, id := range attackID.FindAllString(text, -1) {
				of.addID(id)
			}
		}
		// A name stands alone or between marks, as in ATTACK.INITIAL_ACCESS and TACTIC:
		// EXECUTION. A word of a sentence is none.
		for part := range strings.FieldsFuncSeq(strings.ReplaceAll(text, " - ", ";"), isMark) {
			if tactic, found := tacticsByName[strings.TrimSpace(spaces.Replace(part))]; found {
				of.add(tactic)
			}
		}
	}
	return of
}

func isMark(c rune) bool { return strings.ContainsRune(".,:;|/()[]", c) }

var spaces = strings.NewReplacer("_", " ", "-", " ")

// tacticsByName has the names in upper case.
var tacticsByName = func() map[string]Tactic {
	all := make(map[string]Tactic)
	for _, tactic := range tactics {
		all[strings.ToUpper(tactic.Name)] = tactic
	}
	return all
}()

func (a *Attack) addID(id string) {
	if !strings.HasPrefix(id, "TA") {
		if !slices.Contains(a.Techniques, id) {
			a.Techniques = append(a.Techniques, id)
		}
		return
	}
	if i := slices.IndexFunc(tactics, func(t Tactic) bool { return t.ID == id }); i >= 0 {
		a.add(tactics[i])
		return
	}
	a.add(Tactic{ID: id})
}

func (a *Attack) add(tactic Tactic) {
	if !slices.Contains(a.Tactics, tactic) {
		a.Tactics = append(a.Tactics, tactic)
	}
}
