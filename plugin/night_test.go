package plugin

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// logLine takes a line of the log apart.
var logLine = regexp.MustCompile(`^time=\S+T(\S+?)(?:\.\d+)?Z level=(\w+) msg=(".*?[^\\]"|\S+) path=`)

// told are the lines above level debug as a person reads them, with what Benthos
// adds left out.
func (b *logBuffer) told(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	for _, line := range b.above() {
		parts := logLine.FindStringSubmatch(line)
		require.NotNil(t, parts, line)
		message := strings.Trim(parts[3], `"`)
		message = strings.TrimPrefix(message, "Failed to connect to "+inputName+": ")
		fmt.Fprintf(&text, "%s %-5s %s\n", parts[1], parts[2], strings.ReplaceAll(message, `\"`, `"`))
	}
	return text.String()
}

// keyID is that of the key in the configuration, which differs every time.
func (c *config) keyID(t *testing.T) string {
	t.Helper()
	document, err := c.credentials.read()
	require.NoError(t, err)
	return document.keyID
}

// A night of lost connections, told by the log alone: when the stream was lost
// and why, what was tried, from where it went on, and that it recovered. What is
// in order, such as an hour of quiet or an end by the server, says nothing.
func TestLogOfANight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		append1 := func(n int) { r.server.Append(fmt.Appendf(nil, `{"id":"de_%d"}`, n)) }
		at := func(clock string) {
			t.Helper()
			when, err := time.Parse(time.DateTime, "2000-01-01 "+clock)
			require.NoError(t, err)
			require.False(t, when.Before(time.Now()), clock)
			pass(time.Until(when))
		}
		refuse := func(status int, retryAfter, message string) chronicletest.Step {
			return chronicletest.Step{Refuse: &chronicletest.Refusal{Status: status, RetryAfter: retryAfter, Message: message}}
		}
		r.server.Script(
			chronicletest.Step{AfterElements: 1, AfterBytes: 5, Then: chronicletest.Cut},
			chronicletest.Step{AfterElements: 1, Then: chronicletest.End},
			chronicletest.Step{AfterElements: 1, Then: chronicletest.Stall},
			refuse(503, "", "Down for maintenance."), refuse(503, "", "Down for maintenance."), refuse(503, "", "Down for maintenance."),
			chronicletest.Step{AfterElements: 1, Then: chronicletest.Fail},
			refuse(429, "300", "Quota exceeded for concurrent streams."),
			refuse(429, "", "Quota exceeded for concurrent streams."),
			chronicletest.Step{AfterElements: 2, Then: chronicletest.Cut},
		)
		r.jitter = func() float64 { return 0 }
		p := r.start(nil)
		keyID := p.plugin.conf.keyID(t)
		deliver := func(n int) { append1(n); p.deliver() }

		at("01:00:00")
		deliver(1)
		at("02:00:00") // cut inside a batch
		deliver(2)
		at("02:30:00") // ended in good order
		deliver(3)
		at("03:00:00") // silence, and then three refusals
		at("03:30:00")
		deliver(4) // an error element, and then too many streams
		at("04:00:00")
		r.cache.fail(errors.New("connection refused"))
		deliver(5)
		at("04:01:00")
		r.cache.fail(nil)
		at("05:00:00") // cut once more, and meanwhile the key was replaced
		r.server.RotateKey()
		deliver(6)
		at("06:00:00")
		require.Error(t, Failure(p.res))
		golden := strings.ReplaceAll(p.logs.told(t), keyID, "KEY")
		requireGolden(t, "night.log", golden)
	})
}

// Elements that nobody knows are told of one by one at first, then counted.
func TestUnknownElementsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		p := r.start(nil)
		require.NoError(t, r.server.WaitForRequests(t.Context(), 1))
		for range 1000 {
			r.server.AppendElement([]byte(`{"quota":{"left":7}}`))
		}
		pass(20 * time.Minute)
		for range 3 {
			r.server.AppendElement([]byte(`{"quota":{"left":6}}`))
		}
		pass(time.Second)
		p.stop()
		require.EqualValues(t, 1003, p.metrics.value("chronicle_unknown_elements"))
		requireGolden(t, "unknown.log", p.logs.told(t))
	})
}
