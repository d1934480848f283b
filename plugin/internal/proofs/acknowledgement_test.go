package proofs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// ledger is an output that fails and dawdles, and the cache behind it. It knows
// what was delivered, so it can judge every position that is stored.
type ledger struct {
	mu        sync.Mutex // guards what follows
	random    *rand.Rand
	delivered map[string]int
	sent      []sentBatch
	stored    string
	faults    []string
}

// A sentBatch is what has to be delivered before its continuation time may be
// stored.
type sentBatch struct {
	continuationTime string
	ids              []string
}

// WriteBatch implements service.BatchOutput: a fifth of the batches is refused.
func (l *ledger) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
	l.mu.Lock()
	refused, delay := l.random.IntN(5) == 0, time.Duration(l.random.IntN(2000))*time.Microsecond
	l.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-ctx.Done():
		return ctx.Err()
	}
	if refused {
		return errors.New("refused by the test")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, message := range batch {
		var detections []struct {
			ID string `json:"id"`
		}
		body, err := message.AsBytes()
		if err != nil {
			return err
		}
		if body[0] != '[' {
			body = fmt.Appendf(nil, "[%s]", body)
		}
		if err := json.Unmarshal(body, &detections); err != nil {
			return err
		}
		for _, d := range detections {
			l.delivered[d.ID]++
		}
	}
	return nil
}

// Connect implements service.BatchOutput.
func (*ledger) Connect(context.Context) error { return nil }

// Close implements service.BatchOutput and service.Cache.
func (*ledger) Close(context.Context) error { return nil }

// Get implements service.Cache.
func (*ledger) Get(context.Context, string) ([]byte, error) { return nil, service.ErrKeyNotFound }

// Set implements service.Cache: nothing that is due before the position may be
// missing, and it never goes back.
func (l *ledger) Set(_ context.Context, _ string, value []byte, _ *time.Duration) error {
	var position struct {
		ContinuationTime string `json:"continuation_time"`
	}
	if err := json.Unmarshal(value, &position); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if position.ContinuationTime < l.stored {
		l.faults = append(l.faults, fmt.Sprintf("the position went from %s back to %s", l.stored, position.ContinuationTime))
	}
	l.stored = position.ContinuationTime
	for _, batch := range l.sent {
		for _, id := range batch.ids {
			if batch.continuationTime <= l.stored && l.delivered[id] == 0 {
				l.faults = append(l.faults, fmt.Sprintf("%s was stored before %s was delivered", l.stored, id))
				return nil
			}
		}
	}
	return nil
}

// Add implements service.Cache.
func (*ledger) Add(context.Context, string, []byte, *time.Duration) error {
	return errors.ErrUnsupported
}

// Delete implements service.Cache.
func (*ledger) Delete(context.Context, string) error { return errors.ErrUnsupported }

// Whatever a pipeline does with messages (drop some, cut batches, merge them,
// work on several at once and acknowledge them out of order, have them refused),
// each is delivered or dropped on purpose before the position passes it.
func TestShapesOfAcknowledgement(t *testing.T) {
	const odd = `content().parse_json().id.re_replace_all("[^0-9]", "").number().int64() % 2 == 1`
	for _, test := range []struct {
		name       string
		processors string
		output     string
		dropped    bool // the detections with odd ids
	}{
		{name: "as they are", output: `{max_in_flight: 8}`},
		{name: "filtered", processors: `[{mapping: 'root = if ` + odd + ` { deleted() }'}]`, output: `{max_in_flight: 8}`, dropped: true},
		{name: "filtered by batches", processors: `[{mapping: 'root = if @chronicle_detection_id.has_suffix("7") { deleted() }'}, {split: {size: 1}}]`, output: `{max_in_flight: 8}`},
		{name: "archived, unarchived and split", processors: `[{archive: {format: json_array}}, {unarchive: {format: json_array}}, {split: {size: 3}}]`, output: `{max_in_flight: 8}`},
		{name: "split", processors: `[{split: {size: 7}}]`, output: `{max_in_flight: 8}`},
		{name: "merged by archive", processors: `[{archive: {format: json_array}}]`, output: `{max_in_flight: 8}`},
		{name: "merged by the output", output: `{max_in_flight: 8, batching: {count: 150, period: 5ms}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := chronicletest.NewServer()
			defer server.Close()
			book := &ledger{random: rand.New(rand.NewPCG(1, 2)), delivered: make(map[string]int)}
			n := 0
			for range 40 {
				var detections []json.RawMessage
				var ids []string
				for range 50 {
					n++
					id := fmt.Sprintf("de_%d", n)
					detections = append(detections, fmt.Appendf(nil, `{"id":%q}`, id))
					filtered := test.name == "filtered by batches" && n%10 == 7
					if !filtered && (!test.dropped || n%2 == 0) {
						ids = append(ids, id)
					}
				}
				at := server.Append(detections...)
				book.sent = append(book.sent, sentBatch{at.UTC().Format("2006-01-02T15:04:05.000000Z"), ids})
			}
			server.Script(chronicletest.Step{AfterElements: 11, AfterBytes: 300, Then: chronicletest.Cut})
			stream := shapedPipeline(t, server, book, test.processors, test.output)
			ran := make(chan error, 1)
			go func() { ran <- stream.Run(context.Background()) }()
			last := book.sent[len(book.sent)-1].continuationTime
			require.Eventually(t, func() bool {
				book.mu.Lock()
				defer book.mu.Unlock()
				return book.stored == last
			}, 30*time.Second, 10*time.Millisecond, "the position of the last batch was not stored")
			require.NoError(t, stream.StopWithin(10*time.Second))
			require.NoError(t, <-ran)
			require.Empty(t, book.faults)
		})
	}
}

func shapedPipeline(t *testing.T, server *chronicletest.Server, book *ledger, processors, output string) *service.Stream {
	t.Helper()
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterBatchOutput("ledger",
		service.NewConfigSpec().Fields(service.NewIntField("max_in_flight"), service.NewBatchPolicyField("batching")),
		func(conf *service.ParsedConfig, _ *service.Resources) (out service.BatchOutput, policy service.BatchPolicy, inFlight int, err error) {
			if inFlight, err = conf.FieldInt("max_in_flight"); err == nil {
				policy, err = conf.FieldBatchPolicy("batching")
			}
			return book, policy, inFlight, err
		}))
	require.NoError(t, env.RegisterCache("ledger", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Resources) (service.Cache, error) {
		return book, nil
	}))
	if processors == "" {
		processors = "[]"
	}
	builder := env.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	credentials, err := json.Marshal(string(server.CredentialsJSON()))
	require.NoError(t, err)
	require.NoError(t, builder.SetYAML(fmt.Sprintf(`
http: {enabled: false}
input:
  chronicle_detection_alerts:
    base_url: %s
    credentials_json: %s
    start_time: 1h
    checkpoint_cache: book
    checkpoint_limit: 500
    max_batch_count: 20
cache_resources: [{label: book, ledger: {}}]
pipeline: {threads: 4, processors: %s}
output: {ledger: %s}
`, server.URL, credentials, processors, output)))
	stream, err := builder.Build()
	require.NoError(t, err)
	return stream
}
