//go:build !minimal

package servers

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
)

// kafkaReady waits until the broker is one of its cluster.
func kafkaReady(addr string) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(addr))
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	brokers, err := kadm.NewClient(client).ListBrokers(ctx)
	if err != nil {
		return err
	}
	if len(brokers) == 0 {
		return errors.New("asking Kafka for its brokers: got none")
	}
	return nil
}

// A KafkaTopic is a topic and what has been read of it, which is all of it after
// a while.
type KafkaTopic struct {
	t       *testing.T
	name    string
	client  *kgo.Client
	Records []*kgo.Record
}

// CreateKafkaTopic makes a topic, with settings as the broker calls them.
func CreateKafkaTopic(t *testing.T, addr, name string, partitions int32, config map[string]string, opts ...kgo.Opt) *KafkaTopic {
	t.Helper()
	client, err := kgo.NewClient(append(opts,
		kgo.SeedBrokers(addr),
		kgo.ConsumeTopics(name),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	)...)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	settings := make(map[string]*string)
	for key, value := range config {
		settings[key] = &value
	}
	_, err = kadm.NewClient(client).CreateTopic(t.Context(), partitions, 1, settings, name)
	require.NoError(t, err)
	return &KafkaTopic{t: t, name: name, client: client}
}

// read reads what there is to read.
func (k *KafkaTopic) read() error {
	ctx, cancel := context.WithTimeout(k.t.Context(), 100*time.Millisecond)
	defer cancel()
	for {
		fetches := k.client.PollFetches(ctx)
		records := fetches.Records()
		if len(records) == 0 {
			if err := fetches.Err0(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
				return fmt.Errorf("reading topic %s: %w", k.name, err)
			}
			return nil
		}
		k.Records = append(k.Records, records...)
	}
}

// Values are those of the records.
func (k *KafkaTopic) Values() (values []string, err error) {
	err = k.read()
	for _, record := range k.Records {
		values = append(values, string(record.Value))
	}
	return values, err
}

// IDs are those in the records' values.
func (k *KafkaTopic) IDs() ([]string, error) {
	if err := k.read(); err != nil {
		return nil, err
	}
	ids := make([]string, len(k.Records))
	for i, record := range k.Records {
		var err error
		if ids[i], err = ledger.IDOf(record.Value); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// Append writes records that have these values, in this order.
func (k *KafkaTopic) Append(values ...string) {
	k.t.Helper()
	for _, value := range values {
		record := &kgo.Record{Topic: k.name, Value: []byte(value)}
		require.NoError(k.t, k.client.ProduceSync(k.t.Context(), record).FirstErr())
	}
}

// Committed is how many records of its only partition a group is done with.
func (k *KafkaTopic) Committed(group string) (int64, error) {
	offsets, err := kadm.NewClient(k.client).FetchOffsets(k.t.Context(), group)
	if errors.Is(err, kerr.GroupIDNotFound) {
		return 0, nil // nobody has joined it yet
	}
	if err != nil {
		return 0, fmt.Errorf("asking for the offsets of group %s: %w", group, err)
	}
	offset, found := offsets.Lookup(k.name, 0)
	if !found {
		return 0, nil
	}
	return offset.At, offset.Err
}
