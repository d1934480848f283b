package chronicletest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"
)

// Generator makes detections that look like real ones: about three of four from
// a customer's own rules, the others from curated rules, with UDM events of
// several kinds in them, and with strings that test a client's escaping. Each is
// JSON on one line with an id of its own.
//
// The same seed, Base and sequence of calls give the same bytes. A Generator is
// for one goroutine at a time.
type Generator struct {
	// Base is the first detection's time; each later one is a second after the
	// one before. NewGenerator sets it to 2025-06-01T08:00:00Z. Change it before
	// the first Detection.
	Base time.Time

	random *rand.Rand
	made   int
}

// NewGenerator makes a generator. Two with different seeds make different
// detections of the same handful of rules.
func NewGenerator(seed uint64) *Generator {
	return &Generator{
		Base:   time.Date(2025, time.June, 1, 8, 0, 0, 0, time.UTC),
		random: rand.New(rand.NewPCG(seed, 0x6368726f6e69636c)),
	}
}

const (
	// smallDetection is the size in bytes below which a detection is pared down
	// to what identifies it.
	smallDetection = 2600
	// eventRoom is what an event takes at the most, in bytes, short of its raw
	// log. Where less is left, the last event's raw log fills it.
	eventRoom = 1800
	// rawLogLength is the length of the other events' raw logs, in bytes.
	rawLogLength = 160
)

// Detections makes n detections of about size bytes each.
func (g *Generator) Detections(n, size int) []json.RawMessage {
	all := make([]json.RawMessage, n)
	for i := range all {
		all[i] = g.Detection(size)
	}
	return all
}

// Detection makes one detection of about size bytes: within 5 % from 1,000
// bytes on. It doesn't get much smaller than that, whatever the size.
func (g *Generator) Detection(size int) json.RawMessage {
	at := g.Base.Add(time.Duration(g.made) * time.Second)
	g.made++
	return g.detection(finding{at: at}, size)
}

// DetectionCreatedAt makes one detection of about size bytes that was created at
// the time given, of what happened minutes to hours before. Base does not matter
// to it.
func (g *Generator) DetectionCreatedAt(created time.Time, size int) json.RawMessage {
	return g.detection(finding{created: created}, size)
}

// detection makes one detection of about size bytes out of f, of which one of the
// two times is set.
func (g *Generator) detection(f finding, size int) json.RawMessage {
	f.id, f.small = "de_"+g.uuid(), size < smallDetection
	l := &jsonLine{text: make([]byte, 0, size+eventRoom), ascii: g.random.IntN(3) == 0}

	var kinds []int
	l.open("", '{')
	if g.random.IntN(4) == 0 {
		kinds = g.curated(l, f)
	} else {
		kinds = g.custom(l, f)
	}
	// Rules look back: a detection is created minutes to hours after its events.
	delay := time.Duration(60+g.random.IntN(6*3600)) * time.Second
	updated := f.created
	if f.created.IsZero() {
		f.created = f.at.Add(delay)
	} else {
		f.at = f.created.Add(-delay)
	}
	l.str("createdTime", stamp(f.created))
	if !f.small {
		if updated.IsZero() {
			updated = f.at.Add(6*time.Hour + time.Duration(g.random.IntN(3600))*time.Second)
		}
		l.str("lastUpdatedTime", stamp(updated))
	}
	l.str("id", f.id)
	l.open("timeWindow", '{')
	l.str("startTime", stamp(f.at.Add(-time.Hour)))
	l.str("endTime", stamp(f.at))
	l.shut("}")
	l.str("detectionTime", stamp(f.at))
	if !f.small {
		l.open("tags", '[')
		l.str("", "TA0002")
		l.str("", "T1059.001")
		l.shut("]")
	}
	g.collect(l, f, kinds, size)
	l.shut("}")
	return l.text
}

// finding is what a detection's parts have in common.
type finding struct {
	id          string
	at, created time.Time
	small       bool
}

// collect appends as many events as there is room for. The detection is then
// size bytes long with the brace that is still to come.
func (g *Generator) collect(l *jsonLine, f finding, kinds []int, size int) {
	const ending = len(`"}}}]}]}`)
	l.open("collectionElements", '[')
	l.open("", '{')
	l.str("label", "e")
	l.open("references", '[')
	for i := 0; ; i++ {
		at := f.at.Add(-time.Duration(1+g.random.IntN(3600)) * time.Second)
		g.event(l, eventKinds[kinds[i%len(kinds)]], at, f.small)
		l.open("raw_log", '"')
		room := size - len(l.text) - ending
		if room < rawLogLength+eventRoom {
			g.rawLog(l, room)
			l.shut(`"}}}`)
			break
		}
		g.rawLog(l, rawLogLength)
		l.shut(`"}}}`)
	}
	l.shut("]}]")
}

// custom appends what a detection of a customer's rule says of itself.
func (g *Generator) custom(l *jsonLine, f finding) []int {
	rule := pick(g, customRules)
	l.str("type", "RULE_DETECTION")
	l.open("detection", '[')
	l.open("", '{')
	l.str("ruleName", rule.name)
	g.link(l, f)
	l.str("ruleId", rule.id)
	l.str("ruleVersion", rule.version)
	l.str("alertState", "ALERTING")
	l.str("ruleType", ruleType(rule.kinds))
	l.num("riskScore", rule.risk)
	l.open("ruleLabels", '[')
	keyValue(l, rule.severity[0], rule.severity[1], "")
	keyValue(l, rule.author[0], rule.author[1], "")
	if !f.small {
		keyValue(l, "description", rule.description, "")
		keyValue(l, "mitre_attack_tactic", "Execution", "")
	}
	l.shut("]")
	g.fields(l, f, rule.risk)
	l.shut("}]")
	return rule.kinds
}

// curated appends what a detection of one of Google's rules says of itself.
func (g *Generator) curated(l *jsonLine, f finding) []int {
	rule := pick(g, curatedRules)
	l.str("type", "GCTI_FINDING")
	l.open("detection", '[')
	l.open("", '{')
	l.str("ruleName", rule.name)
	g.link(l, f)
	l.str("ruleId", rule.id)
	l.str("alertState", "ALERTING")
	l.str("ruleType", ruleType(rule.kinds))
	l.num("riskScore", rule.risk)
	l.str("summary", rule.summary)
	l.str("severity", rule.severity)
	l.str("ruleSet", rule.set)
	l.str("ruleSetDisplayName", rule.setName)
	if !f.small {
		l.str("description", rule.description)
	}
	g.fields(l, f, rule.risk)
	l.shut("}]")
	return rule.kinds
}

func (g *Generator) link(l *jsonLine, f finding) {
	l.str("urlBackToProduct", "https://demo.backstory.chronicle.security/alert?id="+f.id)
}

// fields appends outcomes and match variables.
func (g *Generator) fields(l *jsonLine, f finding, risk int) {
	l.open("outcomes", '[')
	keyValue(l, "risk_score", fmt.Sprint(risk), "")
	if !f.small {
		keyValue(l, "command", pick(g, commandLines), "udm.target.process.command_line")
	}
	l.shut("]")
	if !f.small {
		l.open("detectionFields", '[')
		keyValue(l, "host", pick(g, hostNames), "udm.principal.hostname")
		keyValue(l, "user", pick(g, userNames), "udm.principal.user.userid")
		l.shut("]")
	}
}
