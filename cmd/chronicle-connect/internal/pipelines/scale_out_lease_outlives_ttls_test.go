package pipelines

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/repository"
)

// TestScaleOutLeaseOutlivesTTLs runs the input section of scale-out/reader.yaml on a
// clock of its own, past the TTL of the lease and the default TTLs of all caches. The
// components that would leave the process are replaced: Redis, the input, crash.
func TestScaleOutLeaseOutlivesTTLs(t *testing.T) {
	for _, lifetime := range []time.Duration{10 * time.Second, 330 * time.Second, 2 * time.Hour} {
		t.Run(lifetime.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &leaseStore{}
				first := startLeasedReader(t, store)
				pass(time.Second)
				second := startLeasedReader(t, store)
				pass(lifetime)
				require.True(t, first.hasBegun(), "the first reader reads")
				require.False(t, second.hasBegun(), "two readers read")
				require.Empty(t, first.crash())

				first.end()
				pass(time.Minute)
				require.True(t, second.hasBegun(), "the second reader takes over")

				pass(lifetime)
				require.Empty(t, second.crash())
				store.take("another one")
				pass(10 * time.Second)
				require.Equal(t, "The lease of this reader ran out, another one has it now.", second.crash())
			})
		})
	}
}

// pass lets d pass on the bubble's clock.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// A leaseStore stands in for the script of reader.yaml and the Redis that runs it.
type leaseStore struct {
	mu      sync.Mutex // guards what follows
	holder  string
	expires time.Time
}

// acquire takes or renews the lease and returns "held", or returns its holder.
func (s *leaseStore) acquire(name string, ttl time.Duration) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.holder != "" && s.holder != name && now.Before(s.expires) {
		return s.holder
	}
	s.holder, s.expires = name, now.Add(ttl)
	return "held"
}

// take gives the lease to another holder for an hour.
func (s *leaseStore) take(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holder, s.expires = name, time.Now().Add(time.Hour)
}

// A leasedReader is one process that runs reader.yaml.
type leasedReader struct {
	store *leaseStore
	end   func() // ends the process, which leaves its lease to run out

	mu      sync.Mutex // guards what follows
	begun   bool
	crashed string
}

// hasBegun reports whether the reader has connected to Chronicle.
func (r *leasedReader) hasBegun() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.begun
}

// crash is the message that the process ended with, if it did.
func (r *leasedReader) crash() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.crashed
}

// startLeasedReader starts the reader of the shipped file. It ends with the test.
func startLeasedReader(t *testing.T, store *leaseStore) *leasedReader {
	t.Helper()
	r := &leasedReader{store: store}
	builder := r.environment(t).NewStreamBuilder()
	builder.SetEnvVarLookupFunc(func(string) (string, bool) { return "", false })
	require.NoError(t, builder.SetYAML(leaseSections(t)))
	require.NoError(t, builder.SetLoggerYAML("level: none"))
	stream, err := builder.Build()
	require.NoError(t, err)
	ended := make(chan struct{})
	r.end = sync.OnceFunc(func() {
		assert.NoError(t, stream.StopWithin(time.Minute))
		<-ended
	})
	t.Cleanup(r.end)
	go func() {
		defer close(ended)
		_ = stream.Run(t.Context()) // the error of the context, or none
	}()
	return r
}

// leaseSections is what reader.yaml has for its lease, with a drop as the output.
func leaseSections(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(repository.Path(t, "config", "scale-out", "reader.yaml"))
	require.NoError(t, err)
	var all struct {
		Input      any   `yaml:"input"`
		Processors any   `yaml:"processor_resources"`
		Caches     []any `yaml:"cache_resources"`
	}
	// The address is required, and its scheme is not looked at.
	require.NoError(t, yaml.Unmarshal([]byte(strings.ReplaceAll(string(text), "${REDIS_URL}", "redis://unused")), &all))
	replaced := 0
	replaceComponent(all.Input, "chronicle_detection_alerts", &replaced)
	require.Equal(t, 1, replaced, "inputs of Chronicle")
	var caches []any
	for _, cache := range all.Caches {
		if cache.(map[string]any)["redis"] == nil { // of the position, which is the input's
			caches = append(caches, cache)
		}
	}
	sections, err := yaml.Marshal(map[string]any{
		"input": all.Input, "processor_resources": all.Processors, "cache_resources": caches,
		"output": map[string]any{"drop": map[string]any{}},
	})
	require.NoError(t, err)
	return string(sections)
}

// replaceComponent empties the fields of each component of a name, and counts them.
func replaceComponent(node any, name string, n *int) {
	switch node := node.(type) {
	case map[string]any:
		for key, value := range node {
			if key == name {
				node[key] = map[string]any{}
				*n++
				continue
			}
			replaceComponent(value, name, n)
		}
	case []any:
		for _, value := range node {
			replaceComponent(value, name, n)
		}
	}
}

// environment has stand-ins for what leaves the process.
func (r *leasedReader) environment(t *testing.T) *service.Environment {
	t.Helper()
	environment := service.GlobalEnvironment().Clone()
	require.NoError(t, environment.RegisterInput("chronicle_detection_alerts", service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Resources) (service.Input, error) { return r, nil }))
	require.NoError(t, environment.RegisterProcessor("crash", service.NewConfigSpec().Field(service.NewInterpolatedStringField("")),
		func(parsed *service.ParsedConfig, _ *service.Resources) (service.Processor, error) {
			message, err := parsed.FieldInterpolatedString()
			return &crasher{r, message}, err
		}))
	script := service.NewConfigSpec().Fields(service.NewStringField("url"), service.NewStringField("script"),
		service.NewBloblangField("keys_mapping"), service.NewBloblangField("args_mapping"), service.NewIntField("retries"))
	require.NoError(t, environment.RegisterProcessor("redis_script", script,
		func(parsed *service.ParsedConfig, _ *service.Resources) (service.Processor, error) {
			args, err := parsed.FieldBloblang("args_mapping")
			return &leaseScript{r.store, args}, err
		}))
	return environment
}

// Connect implements service.Input.
func (r *leasedReader) Connect(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun = true
	return nil
}

// Read implements service.Input.
func (r *leasedReader) Read(ctx context.Context) (*service.Message, service.AckFunc, error) {
	<-ctx.Done()
	return nil, nil, ctx.Err()
}

// Close implements service.Input.
func (r *leasedReader) Close(context.Context) error { return nil }

// A crasher ends its reader.
type crasher struct {
	reader  *leasedReader
	message *service.InterpolatedString
}

// Process implements service.Processor.
func (c *crasher) Process(_ context.Context, message *service.Message) (service.MessageBatch, error) {
	text, err := c.message.TryString(message)
	if err != nil {
		return nil, err
	}
	c.reader.mu.Lock()
	defer c.reader.mu.Unlock()
	c.reader.crashed = text
	go c.reader.end()
	return nil, nil
}

// Close implements service.Processor.
func (c *crasher) Close(context.Context) error { return nil }

// A leaseScript runs the script for a message.
type leaseScript struct {
	store *leaseStore
	args  *bloblang.Executor
}

// Process implements service.Processor.
func (s *leaseScript) Process(_ context.Context, message *service.Message) (service.MessageBatch, error) {
	mapped, err := message.BloblangQuery(s.args)
	if err != nil {
		return nil, err
	}
	value, err := mapped.AsStructured()
	if err != nil {
		return nil, err
	}
	args := value.([]any) // the name, and the TTL in milliseconds
	ttl, err := bloblang.ValueAsInt64(args[1])
	if err != nil {
		return nil, err
	}
	result := message.Copy()
	result.SetStructured(s.store.acquire(args[0].(string), time.Duration(ttl)*time.Millisecond))
	return service.MessageBatch{result}, nil
}

// Close implements service.Processor.
func (s *leaseScript) Close(context.Context) error { return nil }
