package rig

import (
	"context"
	"maps"
	"strings"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Metrics are a metrics exporter that a test can ask.
type Metrics struct {
	mu     sync.Mutex // guards what follows
	values map[string]float64
	sets   map[string]int    // how often a gauge was set
	kinds  map[string]string // counter, gauge or timer, and the labels
}

// NewMetrics makes one for a pipeline that Rig.Start does not make.
func NewMetrics() *Metrics {
	return &Metrics{values: make(map[string]float64), sets: make(map[string]int), kinds: make(map[string]string)}
}

// Value is that of a metric, with the values of its labels.
func (m *Metrics) Value(name string, labels ...string) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[strings.Join(append([]string{name}, labels...), " ")]
}

// TimesSet is how often a gauge was set.
func (m *Metrics) TimesSet(name string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sets[name]
}

// A recorded metric counts under its name and the values of its labels, less
// the path and label of the component that Benthos adds.
type recorded struct {
	in   *Metrics
	name string
}

func (m *Metrics) metric(kind, name string, keys []string) func(...string) recorded {
	for _, key := range keys {
		if key != "path" && key != "label" {
			kind += " " + key
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kinds[name] = kind
	return func(values ...string) recorded {
		words := []string{name}
		for i, key := range keys {
			if key != "path" && key != "label" {
				words = append(words, values[i])
			}
		}
		return recorded{m, strings.Join(words, " ")}
	}
}

// Incr implements service.MetricsExporterCounter.
func (r recorded) Incr(n int64) { r.add(float64(n)) }

// IncrFloat64 implements service.MetricsExporterCounter.
func (r recorded) IncrFloat64(n float64) { r.add(n) }

func (r recorded) add(n float64) {
	r.in.mu.Lock()
	defer r.in.mu.Unlock()
	r.in.values[r.name] += n
}

// Set implements service.MetricsExporterGauge.
func (r recorded) Set(n int64) { r.SetFloat64(float64(n)) }

// SetFloat64 implements service.MetricsExporterGauge.
func (r recorded) SetFloat64(n float64) {
	r.in.mu.Lock()
	defer r.in.mu.Unlock()
	r.in.values[r.name] = n
	r.in.sets[r.name]++
}

// Timing implements service.MetricsExporterTimer.
func (recorded) Timing(int64) {}

// NewCounterCtor implements service.MetricsExporter.
func (m *Metrics) NewCounterCtor(name string, keys ...string) service.MetricsExporterCounterCtor {
	metric := m.metric("counter", name, keys)
	return func(values ...string) service.MetricsExporterCounter { return metric(values...) }
}

// NewTimerCtor implements service.MetricsExporter.
func (m *Metrics) NewTimerCtor(name string, keys ...string) service.MetricsExporterTimerCtor {
	metric := m.metric("timer", name, keys)
	return func(values ...string) service.MetricsExporterTimer { return metric(values...) }
}

// NewGaugeCtor implements service.MetricsExporter.
func (m *Metrics) NewGaugeCtor(name string, keys ...string) service.MetricsExporterGaugeCtor {
	metric := m.metric("gauge", name, keys)
	return func(values ...string) service.MetricsExporterGauge { return metric(values...) }
}

// Close implements service.MetricsExporter.
func (*Metrics) Close(context.Context) error { return nil }

// Kinds are what each metric is, counter, gauge or timer, with the names of its
// labels behind it.
func (m *Metrics) Kinds() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.kinds)
}

// Values are those of all metrics, by name and values of labels.
func (m *Metrics) Values() map[string]float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.values)
}
