// Package detection holds the one view of a detection that people need: how severe it
// is, what it is called, on whom or what it happened, and what it says of MITRE ATT&CK.
//
// [Summarize] takes a detection as parsed JSON and returns a [Summary]. It accepts any
// value: fields of the wrong type are ignored, and everything it returns is bounded in
// size and safe to show. [Clean] and [CleanLines] make text safe for people and
// terminals, and everything in a Summary has passed through them.
//
// The files: summary.go assembles the view, rule.go reads what the rule says of itself,
// entities.go and match.go collect who and what took part, event.go describes the first
// event, attack.go names tactics and techniques, value.go reads parsed JSON of any
// shape, and clean.go makes text safe.
//
// The package must not know Benthos, nor where detections come from or go to.
package detection
