package input_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// write sends some of an answer at once.
func write(w http.ResponseWriter, text string) {
	_, _ = io.WriteString(w, text)
	_ = http.NewResponseController(w).Flush()
}

// waiting lets d pass, unless the client leaves before, and says whether it did not.
func waiting(call *chronicletest.StreamCall, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-call.HTTP.Context().Done():
		return false
	}
}

// The first element of a connection may take first_byte_timeout, whatever comes before
// it; from its first byte on it is idle_timeout that counts.
func TestFirstElementIsLate(t *testing.T) {
	const detection = `{"id":"de_1"}`
	for _, test := range []struct {
		name   string
		answer func(w http.ResponseWriter, call *chronicletest.StreamCall)
	}{
		{"the answer itself", func(w http.ResponseWriter, call *chronicletest.StreamCall) {
			waiting(call, 290*time.Second)
			write(w, `[{"detections":[`+detection+`]}`)
		}},
		{"headers at once", func(w http.ResponseWriter, call *chronicletest.StreamCall) {
			write(w, "")
			waiting(call, 290*time.Second)
			write(w, `[{"detections":[`+detection+`]}`)
		}},
		{"the array begins at once", func(w http.ResponseWriter, call *chronicletest.StreamCall) {
			write(w, "[\r\n")
			waiting(call, 290*time.Second)
			write(w, `{"detections":[`+detection+`]}`)
		}},
		{"every byte is slow then", func(w http.ResponseWriter, call *chronicletest.StreamCall) {
			write(w, "[")
			waiting(call, 290*time.Second)
			for _, part := range []string{"{", `"detections"`, ":[", detection, "]}"} {
				write(w, part)
				waiting(call, 900*time.Millisecond)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				r := rig.For(t, api)
				r.Server.Control(func(w http.ResponseWriter, call *chronicletest.StreamCall) bool {
					test.answer(w, call)
					<-call.HTTP.Context().Done()
					return true
				})
				p := r.Start(rig.Settings{"start_time": "100h", "idle_timeout": "1s"})
				require.Equal(t, []string{detection}, p.Deliver())
				require.Len(t, r.Server.Requests(), 1)
			})
		})
	}
}

// Each silence ends at the timeout of its phase, and the log names it.
func TestSilences(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(w http.ResponseWriter, call *chronicletest.StreamCall)
		after  time.Duration // of the request
		log    string
	}{
		{"no answer", func(_ http.ResponseWriter, call *chronicletest.StreamCall) {
			waiting(call, time.Hour)
		}, 5 * time.Second, "nothing was heard from the server for 5s (first_byte_timeout)"},
		{"headers alone", func(w http.ResponseWriter, _ *chronicletest.StreamCall) {
			write(w, "")
		}, 5 * time.Second, "nothing was heard from the server for 5s (first_byte_timeout)"},
		{"headers late", func(w http.ResponseWriter, call *chronicletest.StreamCall) {
			waiting(call, 4*time.Second)
			write(w, "")
		}, 5 * time.Second, "nothing was heard from the server for 5s (first_byte_timeout)"},
		{"no element", func(w http.ResponseWriter, _ *chronicletest.StreamCall) {
			write(w, " [ ")
		}, 5 * time.Second, "nothing was heard from the server for 5s (first_byte_timeout)"},
		{"inside the first element", func(w http.ResponseWriter, _ *chronicletest.StreamCall) {
			write(w, "[{")
		}, time.Second, "nothing was heard from the server for 1s (idle_timeout)"},
		{"behind the first element", func(w http.ResponseWriter, _ *chronicletest.StreamCall) {
			write(w, `[{"heartbeat":true}`)
		}, time.Second, "nothing was heard from the server for 1s (idle_timeout)"},
		{"behind an empty array", func(w http.ResponseWriter, _ *chronicletest.StreamCall) {
			write(w, "[]")
		}, time.Second, "nothing was heard from the server for 1s (idle_timeout)"},
		{"white space alone", func(w http.ResponseWriter, call *chronicletest.StreamCall) {
			for waiting(call, time.Second/2) {
				write(w, " ")
			}
		}, 10500 * time.Millisecond, "but single bytes for 10s, and no detection or element came to its end (idle_timeout)"},
		{"white space after a pause", func(w http.ResponseWriter, call *chronicletest.StreamCall) {
			waiting(call, 4*time.Second)
			for waiting(call, time.Second/2) {
				write(w, " ")
			}
		}, 14500 * time.Millisecond, "but single bytes for 10s, and no detection or element came to its end (idle_timeout)"},
		{"white space now and then", func(w http.ResponseWriter, call *chronicletest.StreamCall) {
			for waiting(call, 1200*time.Millisecond) {
				write(w, " ")
			}
		}, 5800 * time.Millisecond, "nothing was heard from the server for 5s (first_byte_timeout)"},
		{"an answer other than a stream", func(w http.ResponseWriter, _ *chronicletest.StreamCall) {
			w.WriteHeader(http.StatusServiceUnavailable)
			write(w, "busy")
		}, time.Second, "the server answered 503: busy"},
	} {
		t.Run(test.name, func(t *testing.T) {
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				r := rig.For(t, api)
				r.Jitter = func() float64 { return 0 }
				r.Server.Control(func(w http.ResponseWriter, call *chronicletest.StreamCall) bool {
					if call.Number > 1 {
						return false
					}
					test.answer(w, call)
					<-call.HTTP.Context().Done()
					return true
				})
				begun := time.Now()
				p := r.Start(rig.Settings{"idle_timeout": "1s", "first_byte_timeout": "5s"})
				require.NoError(t, r.Server.WaitForRequests(t.Context(), 2))
				waited := time.Since(begun) - 2*time.Second // the wait between the two
				require.InDelta(t, test.after.Seconds(), waited.Seconds(), 0.2)
				require.Contains(t, p.Logs.String(), test.log)
			})
		})
	}
}

// A single heartbeat after a long wait does not make a success, however long it was.
func TestHeartbeatAfterALongWait(t *testing.T) {
	for _, test := range []struct {
		name    string
		beats   int
		succeed bool
	}{{"one", 1, false}, {"as many as half a minute has", 3, true}} {
		t.Run(test.name, func(t *testing.T) {
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				r := rig.For(t, api)
				r.Server.Control(func(w http.ResponseWriter, call *chronicletest.StreamCall) bool {
					write(w, "[")
					waiting(call, 4*time.Minute)
					for range test.beats {
						write(w, `{"heartbeat":true},`)
						waiting(call, 15*time.Second)
					}
					<-call.HTTP.Context().Done()
					return true
				})
				p := r.Start(rig.Settings{"max_consecutive_failures": 2})
				if test.succeed {
					rig.Pass(2 * time.Hour)
					require.NoError(t, p.Failure())
					return
				}
				require.ErrorContains(t, p.Ends(), "giving up after 3 failures in a row")
			})
		})
	}
}

// Signing in and connecting have nothing to prepare: idle_timeout counts there.
func TestSilentTokenEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.Server.ScriptToken(chronicletest.TokenStep{Stall: true})
		sent, _ := r.History(1, 3, 1000)
		begun := time.Now()
		p := r.Start(rig.Settings{"start_time": "2h", "idle_timeout": "10s"})
		require.Equal(t, sent, p.Deliver())
		require.Less(t, time.Since(begun), 15*time.Second)
	})
}

// A lateConn delays what answers a GET.
type lateConn struct {
	net.Conn
	asked  atomic.Bool
	closed chan struct{}
	once   sync.Once
}

func (c *lateConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

func (c *lateConn) Write(b []byte) (int, error) {
	c.asked.Store(bytes.HasPrefix(b, []byte("GET ")))
	return c.Conn.Write(b)
}

func (c *lateConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.asked.Swap(false) {
		select {
		case <-time.After(4 * time.Minute):
		case <-c.closed:
		}
	}
	return n, err
}

// The answer to a search may take first_byte_timeout as well.
func TestSearchAnswersLate(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		dial := r.Dial
		r.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dial(ctx, network, addr)
			return &lateConn{Conn: conn, closed: make(chan struct{})}, err
		}
		r.Store(positionAgo(8 * day))
		past(r, 2)
		p := r.Start(bySearch)
		p.Deliver()
		require.NotContains(t, p.Logs.String(), "nothing was heard")
	})
}

// Where each stream brings headers and nothing else, a proxy that buffers is suspected:
// once, and at the end. A silence behind an element is not its doing.
func TestBufferingProxyIsSuspected(t *testing.T) {
	for _, test := range []struct {
		body string
		says int
	}{{"", 2}, {`[{"heartbeat":true}`, 0}} {
		rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
			r := rig.For(t, api)
			for range 3 {
				r.Server.Script(chronicletest.Step{Body: []byte(test.body), Then: chronicletest.Stall})
			}
			p := r.Start(rig.Settings{"max_consecutive_failures": 2})
			require.ErrorContains(t, p.Ends(), "giving up after 3 failures in a row")
			require.Equal(t, test.says, strings.Count(p.Logs.String(), "What to do: suspect a proxy on the way that buffers or scans answers"))
		})
	}
}
