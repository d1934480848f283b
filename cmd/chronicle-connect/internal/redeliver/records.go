package redeliver

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/plugin"
)

// A way is how a message gets to where it was meant to go: by which pipeline, and
// which part of that.
type way struct {
	pipeline string
	// made says that the body was made of a detection: the pipeline's processors
	// have been applied, and only its output is.
	made bool
}

// The formats of bodies that this package knows.
const (
	raw  = "raw"
	post = "post"
)

// replay is the pipeline that sends dead letters of route.yaml, and its own.
const replay = "replay"

// deadLetters are the pipelines whose refused messages are for replay.yaml.
var deadLetters = []string{"", "route", replay}

// posts are the pipelines that keep posts. Lines of earlier versions don't say so.
var posts = []string{"slack", "slack-blocks", "google-chat", "teams"}

// wayOf returns the way of a message, or why there is none.
func (p pipelines) wayOf(r *plugin.Refused) (way, error) {
	if to := r.Destination["to"]; slices.Contains(deadLetters, r.Pipeline) {
		if to != "slack" && to != "s3" {
			return way{}, fmt.Errorf("its destination is neither slack nor s3")
		}
		return way{replay, true}, nil
	}
	if p[r.Pipeline] == nil {
		return way{}, fmt.Errorf("there is no pipeline %q: say with --config which file it is", r.Pipeline)
	}
	if r.Format == "" {
		switch {
		case slices.Contains(posts, r.Pipeline):
			r.Format = post
		case isDocument(r.Body):
			return way{}, fmt.Errorf("an earlier version has kept a document of CHRONICLE_FORMAT, without the metadata that belong to it")
		default:
			r.Format = raw
		}
	}
	return way{r.Pipeline, r.Format != raw}, nil
}

// isDocument says whether a body is a document of OCSF or ECS.
func isDocument(body []byte) bool {
	var document struct {
		Class json.RawMessage `json:"class_uid"`
		ECS   json.RawMessage `json:"ecs"`
	}
	return json.Unmarshal(body, &document) == nil && (document.Class != nil || document.ECS != nil)
}

// perMessage are the fields of destinations that differ from message to message.
var perMessage = []string{"key", "document", "object"}

// destinationOf is a pipeline and a destination of it for people.
func destinationOf(r *plugin.Refused) string {
	words := []string{cmp.Or(r.Pipeline, "route")}
	for _, name := range slices.Sorted(maps.Keys(r.Destination)) {
		if value := r.Destination[name]; value != "" && !slices.Contains(perMessage, name) {
			words = append(words, name+" "+short(value, 100))
		}
	}
	return strings.Join(words, ", ")
}

// request begins the words of a refused request, and says nothing that those behind it
// do not.
var request = regexp.MustCompile(`^(?:\(\w+\)|https?://\S+) HTTP request returned unexpected response code \(\d+\): `)

// reasonOf is a reason for people.
func reasonOf(reason string) string { return short(request.ReplaceAllString(reason, ""), 160) }

// short is the beginning of a text, on one line.
func short(text string, most int) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\ufffd")), " ")
	if characters := []rune(text); len(characters) > most {
		return string(characters[:most]) + "…"
	}
	return text
}
