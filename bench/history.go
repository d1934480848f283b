package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// histories are what is read by the stream and by search: as much as elsewhere, spread
// over six days, which both reach, and large detections that are created within a minute.
var histories = []struct {
	load load
	span time.Duration
}{
	{reference, 6 * 24 * time.Hour},
	{load{Total: 1e9, Detection: 100_000, Batch: 10}, time.Minute},
}

// A recollection is a history that was read in one of the two ways.
type recollection struct {
	load  load
	span  time.Duration
	way   string
	bytes int
	usage
}

// history measures reading by search beside reading the stream, in turns.
func (b *bencher) history(ctx context.Context) (all []recollection, err error) {
	for _, h := range histories {
		standIn, err := newHistory(h.load, h.span)
		if err != nil {
			return nil, err
		}
		ways := []recollection{{load: h.load, span: h.span, way: "stream", bytes: h.load.Total}, {load: h.load, span: h.span, way: "search", bytes: h.load.Total}}
		measured := make([][]usage, len(ways))
		for range b.repetitions {
			for i, r := range ways {
				u, err := b.recollect(ctx, standIn, r)
				if err != nil {
					standIn.Close()
					return nil, fmt.Errorf("measuring the %s, %s: %w", r.way, h.load, err)
				}
				measured[i] = append(measured[i], u)
				b.progress("%s of %s within %s: %.3f s, %.2f s of CPU, %s", r.way, h.load, span(h.span), u.Seconds, u.CPU, size(u.Peak))
			}
		}
		standIn.Close()
		for i := range ways {
			ways[i].usage = medians(measured[i])
		}
		all = append(all, ways...)
	}
	return all, nil
}

// A history is a stand-in with detections, and notes when it was first asked.
type history struct {
	*chronicletest.Server
	asked *atomic.Int64 // in Unix nanoseconds, 0 until then
}

func newHistory(l load, span time.Duration) (*history, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	asked := new(atomic.Int64)
	h := &history{chronicletest.NewServer(chronicletest.WithListener(noting{listener, asked})), asked}
	g := chronicletest.NewGenerator(1)
	n := l.detections()
	begin, step := time.Now().Add(-span-time.Hour), span/time.Duration(n)
	for i := 0; i < n; i += l.Batch {
		batch := make([]json.RawMessage, min(l.Batch, n-i))
		for j := range batch {
			batch[j] = g.DetectionCreatedAt(begin.Add(time.Duration(i+j)*step), l.Detection)
		}
		h.AppendAt(begin.Add(time.Duration(i)*step), batch...)
	}
	return h, nil
}

// noting notes when the first connection came.
type noting struct {
	net.Listener
	at *atomic.Int64
}

func (n noting) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	n.at.CompareAndSwap(0, time.Now().UnixNano())
	return conn, err
}

// The second input keeps the process, which a search would end, until it was looked at.
const historyInput = `
input:
  broker:
    inputs:
      - chronicle_detection_alerts:
          instance: projects/p/locations/us/instances/i
          base_url: URL
          credentials_file: CREDENTIALS
          start_time: 160h
          END
      - generate: { interval: 1h, mapping: root = deleted() }
`

// recollect lets the program read a history once.
func (b *bencher) recollect(ctx context.Context, h *history, r recollection) (u usage, err error) {
	dir, err := os.MkdirTemp("", "chronicle-connect-bench-")
	if err != nil {
		return u, err
	}
	defer os.RemoveAll(dir)
	credentials := filepath.Join(dir, "credentials.json")
	if err := h.WriteCredentials(credentials); err != nil {
		return u, err
	}
	address, err := freeAddress()
	if err != nil {
		return u, err
	}
	end := ""
	if r.way == "search" {
		end = "end_time: 1s"
	}
	config := strings.NewReplacer(
		"ADDRESS", address, "URL", h.URL, "CREDENTIALS", credentials, "STATE", dir, "OUTPUT", "drop: {}", "PROCESSORS", "", "END", end,
	).Replace(historyInput + rest)
	path := filepath.Join(dir, "pipeline.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return u, err
	}
	c := command{args: []string{b.binary, "run", "--log.level", "error", path}, stats: "http://" + address + "/stats"}
	return c.until(ctx, h.asked, func(run *running) (time.Time, error) {
		return run.delivered(ctx, r.load.detections())
	})
}

// historyTable shows what was measured.
func historyTable(all []recollection) string {
	var text strings.Builder
	text.WriteString("| history | within | by | seconds | MB/s | CPU seconds | peak MB |\n| --- | --- | --- | ---: | ---: | ---: | ---: |\n")
	for _, r := range all {
		fmt.Fprintf(&text, "| %s | %s | %s | %.2f | %.0f | %.2f | %.0f |\n", r.load, span(r.span), r.way, r.Seconds, float64(r.bytes)/1e6/r.Seconds, r.CPU, float64(r.Peak)/1e6)
	}
	return text.String()
}

func span(d time.Duration) string {
	if days := d / (24 * time.Hour); days > 0 {
		return fmt.Sprintf("%d days", days)
	}
	return strings.TrimSuffix(d.String(), "0s")
}
