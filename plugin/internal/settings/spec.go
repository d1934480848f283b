package settings

import (
	"strings"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
)

// Name is what the input is registered under, and the default key of its
// position.
const Name = "chronicle_detection_alerts"

// Values of the enumerated fields.
const (
	apiBackstory = string(chronicle.Backstory)
	apiChronicle = string(chronicle.Chronicle)

	unresumableFail   = "fail"
	unresumableOldest = "oldest"
	unresumableSearch = "search"
)

// Spec is the one place where the configuration is described: the parser,
// the linter, `chronicle-connect list` and the reference page all go by it.
//
// It is made once, since the linter's rules are slow to compile.
var Spec = sync.OnceValue(func() *service.ConfigSpec {
	spec := service.NewConfigSpec().
		Categories("Services", "Google").
		Summary("Streams detection alerts from Google Chronicle (Google SecOps), one message a detection.").
		Description(describe()).
		Fields(apiFields()...).
		Fields(credentialFields()...).
		Fields(requestFields()...).
		Fields(reconnectFields()...).
		Fields(positionFields()...).
		Fields(advancedFields()...).
		Field(service.NewAutoRetryNacksToggleField().
			ShortDescription("Whether what the output rejects comes again; false: it is dropped and counted.").
			Description("Whether messages that the output rejects come again until it takes them; what is always rejected holds back the stored position, and at `checkpoint_limit` the reading. With `false` they are dropped instead, counted in `chronicle_rejected`, and lost.")).
		LintRule(lintTogether())
	for _, example := range Examples {
		spec.Example(example.Title, example.Summary, example.Config)
	}
	return spec
})

const description = `
Opens Chronicle's never-ending stream of detection alerts and turns each detection into a message whose body is the detection's JSON, byte for byte as it was received. A detection batch of the server is one message batch, unless it exceeds ` + "`max_batch_count` or `max_batch_bytes`" + `.

A broken, failing or silent connection is opened again from the last complete element that was read, with exponential backoff. Detections that the server then sends again are dropped within the process. The position is stored in ` + "`checkpoint_dir` or `checkpoint_cache`" + ` behind acknowledged messages only: after a crash detections may come again, but none is lost.

== Metadata

Each is set only where the detection has it, unless it says otherwise:

`

func describe() string {
	var text strings.Builder
	text.WriteString(description)
	for _, meta := range Metadata {
		text.WriteString("- `" + meta.Key + "`: " + meta.Tells + "\n")
	}
	return text.String()
}
