package rig

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// Log keeps what was logged.
type Log struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *Log) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// String is all of it.
func (b *Log) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// notice is the end of the Backstory API, of which each input that uses it warns
// once at its start.
const notice = "which Google shuts down on " + chronicle.BackstoryEnd

// Above are the lines above level debug, but for the notice of the Backstory API's
// end.
func (b *Log) Above() (lines []string) {
	for line := range strings.Lines(b.String()) {
		if !strings.Contains(line, "level=DEBUG") && !strings.Contains(line, notice) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// logLine takes a line of the log apart.
var logLine = regexp.MustCompile(`^time=\S+T(\S+?)(?:\.\d+)?Z level=(\w+) msg=(".*?[^\\]"|\S+) path=`)

// Told are the lines above level debug as a person reads them, with what Benthos
// adds left out.
func (b *Log) Told(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	for _, line := range b.Above() {
		parts := logLine.FindStringSubmatch(line)
		require.NotNil(t, parts, line)
		message := strings.Trim(parts[3], `"`)
		message = strings.TrimPrefix(message, "Failed to connect to "+settings.Name+": ")
		fmt.Fprintf(&text, "%s %-5s %s\n", parts[1], parts[2], strings.ReplaceAll(message, `\"`, `"`))
	}
	return text.String()
}
