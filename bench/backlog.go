package main

import (
	"bytes"
	"fmt"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A load is how much the server has to send, and in which shape.
type load struct {
	Total     int // bytes of detections, about
	Detection int // bytes of one detection, about
	Batch     int // detections in a detection batch
}

func (l load) detections() int { return max(1, l.Total/l.Detection) }

func (l load) String() string {
	return fmt.Sprintf("%s in detections of %s, %d a batch", size(l.Total), size(l.Detection), l.Batch)
}

// A backlog is the stream's bytes as they are sent, an element each.
type backlog struct {
	elements   [][]byte
	bytes      int
	detections int
	end        string // the position behind the last detection
}

// newBacklog makes the detections anew rather than repeat some: readers that
// tell repeats apart have their full work to do.
func newBacklog(l load) *backlog {
	b := &backlog{detections: l.detections()}
	generator := chronicletest.NewGenerator(1)
	generator.Base = time.Now().Add(-24 * time.Hour)
	var element bytes.Buffer
	element.WriteString("[")
	for left, n := b.detections, 0; left > 0; n++ {
		at := generator.Base.Add(time.Duration(n) * time.Millisecond)
		b.end = at.UTC().Format(time.RFC3339Nano)
		fmt.Fprintf(&element, `{"continuationTime":"%s","detections":[`, b.end)
		for i := range min(l.Batch, left) {
			if i > 0 {
				element.WriteByte(',')
			}
			element.Write(generator.Detection(l.Detection))
		}
		left -= min(l.Batch, left)
		element.WriteString("]},\r\n")
		b.elements = append(b.elements, bytes.Clone(element.Bytes()))
		b.bytes += element.Len()
		element.Reset()
	}
	return b
}

// size writes a number of bytes as people say it.
func size(n int) string {
	for _, unit := range []struct {
		name  string
		bytes int
	}{{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}} {
		if n >= unit.bytes {
			return fmt.Sprintf("%g %s", float64(n/(unit.bytes/10))/10, unit.name)
		}
	}
	return fmt.Sprintf("%d B", n)
}
