package plugin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A program that embeds the input runs it as any other, and asks in the end why
// the input gave up, if it did. Here the stand-in refuses the account after two
// detections.
func ExampleFailure() {
	server := chronicletest.NewServer()
	defer server.Close()
	server.Append(json.RawMessage(`{"id":"de_1"}`), json.RawMessage(`{"id":"de_2"}`))
	server.Script(
		chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut},
		chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 403, Message: "Permission denied."}},
		chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 403, Message: "Permission denied."}},
	)

	builder := service.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	err := errors.Join(
		builder.AddInputYAML(fmt.Sprintf(`
chronicle_detection_alerts:
  base_url: %s
  credentials_json: '%s'
  start_time: 1h
  max_consecutive_failures: 1
  backoff: {initial_interval: 1ms}
`, server.URL, server.CredentialsJSON())),
		builder.AddConsumerFunc(func(_ context.Context, message *service.Message) error {
			id, _ := message.MetaGet("chronicle_detection_id")
			fmt.Println("delivered", id)
			return nil
		}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	stream, err := builder.Build()
	if err != nil {
		fmt.Println(err)
		return
	}

	err = stream.Run(context.Background())
	if err == nil {
		err = plugin.Failure(stream.Resources())
	}
	var diagnosis *plugin.Diagnosis
	fmt.Println("it ended with an error:", err != nil)
	fmt.Println("and there is something to do about it:", errors.As(err, &diagnosis))
	// Output:
	// delivered de_1
	// delivered de_2
	// it ended with an error: true
	// and there is something to do about it: true
}
