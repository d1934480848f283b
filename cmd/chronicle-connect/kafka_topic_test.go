//go:build !minimal

package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
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

// A kafkaTopic is a topic and what has been read of it, which is all of it after
// a while.
type kafkaTopic struct {
	t       *testing.T
	name    string
	client  *kgo.Client
	records []*kgo.Record
}

// createTopic makes a topic, with settings as the broker calls them.
func createTopic(t *testing.T, addr, name string, partitions int32, config map[string]string, opts ...kgo.Opt) *kafkaTopic {
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
	return &kafkaTopic{t: t, name: name, client: client}
}

// read reads what there is to read.
func (k *kafkaTopic) read() error {
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
		k.records = append(k.records, records...)
	}
}

// ids are those in the records' values.
func (k *kafkaTopic) ids() ([]string, error) {
	if err := k.read(); err != nil {
		return nil, err
	}
	ids := make([]string, len(k.records))
	for i, record := range k.records {
		var err error
		if ids[i], err = ledger.IDOf(record.Value); err != nil {
			return nil, err
		}
	}
	return ids, nil
}
