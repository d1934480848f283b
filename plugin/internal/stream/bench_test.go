package stream_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// BenchmarkDecoder decodes batches of 1,000 detections of about 4 kB.
func BenchmarkDecoder(b *testing.B) {
	body := backlog(4, 1000, 4000)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		source := &readSource{bytes.NewReader(body), make([]byte, 256<<10)} // what a prefetch has ready
		decoder := stream.NewDecoder(source, stream.Limits{MaxCount: 1000, MaxBytes: 16 << 20})
		for {
			if _, err := decoder.Next(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkFieldReader reads the fields of what the decoder has returned.
func BenchmarkFieldReader(b *testing.B) {
	body := backlog(1, 1000, 4000)
	piece, err := stream.NewDecoder(from(bytes.NewReader(body)), stream.Limits{}).Next()
	if err != nil {
		b.Fatal(err)
	}
	var reader stream.FieldReader
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		for i := range piece.Detections {
			reader.Read(&piece.Detections[i])
		}
	}
}

// backlog is a stream of detection batches shaped like real ones: mostly UDM
// events, which nothing but the scanner looks at.
func backlog(batches, detections, size int) []byte {
	var body bytes.Buffer
	body.WriteString("[")
	for i := range batches {
		fmt.Fprintf(&body, `{"continuationTime":"2026-03-01T10:%02d:00.000000Z","detections":[`, i%60)
		for j := range detections {
			if j > 0 {
				body.WriteByte(',')
			}
			body.WriteString(detection(i*detections+j, size))
		}
		body.WriteString("]},\r\n")
	}
	body.WriteString("{\"heartbeat\": true}\r\n]")
	return body.Bytes()
}

func detection(n, size int) string {
	head := fmt.Sprintf(`{"type":"RULE_DETECTION","detection":[{"ruleName":"rule_%d","ruleId":"ru_%d","ruleVersion":"ru_%d@v_1","alertState":"ALERTING","ruleLabels":[{"key":"author","value":"a"},{"key":"Severity","value":"high"}],"riskScore":85}],"id":"de_%08d","timeWindow":{"startTime":"2026-03-01T10:00:00Z","endTime":"2026-03-01T11:00:00Z"},"detectionTime":"2026-03-01T10:30:00Z","collectionElements":[{"label":"e","references":[`, n%10, n%10, n%10, n)
	event := `{"event":{"metadata":{"eventTimestamp":"2026-03-01T10:29:59.000000Z","eventType":"PROCESS_LAUNCH","vendorName":"Microsoft","productName":"Windows \"Defender\""},"principal":{"hostname":"host-17.example.com","ip":["10.1.2.3","fe80::1"],"process":{"pid":"4711","commandLine":"C:\\Windows\\System32\\cmd.exe /c whoami > out.txt"}},"target":{"port":443,"administrative_domain":"EXAMPLE"},"additional":{"score":1.25e1,"ok":true,"none":null}}}`
	const tail = `]}]}`
	n = max(1, (size-len(head)-len(tail))/(len(event)+1))
	return head + strings.Repeat(event+",", n-1) + event + tail
}
