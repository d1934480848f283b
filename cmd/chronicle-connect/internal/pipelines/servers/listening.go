package servers

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func dials(addr string) error {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return err
	}
	return conn.Close()
}

// answers is whether a GET is answered with 200.
func answers(url string) error {
	client := http.Client{Timeout: time.Second}
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("asking %s: got %s, want 200", url, response.Status)
	}
	return nil
}

// given are the ports that FreePort has returned, so that tests that run at the same
// time keep apart while a server of one is down.
var given sync.Map

// FreePort finds a port that is free, and the one after it too. It is below
// those that outgoing connections are given: while a server is down nothing else
// gets its port, not even a client that connects to itself.
func FreePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 20000 + 2*rand.IntN(6000)
		if listens(port) && listens(port+1) {
			if _, again := given.LoadOrStore(port, true); !again {
				return port
			}
		}
	}
	require.Fail(t, "no free port")
	return 0
}

// listens is whether one can listen at a port.
func listens(port int) bool {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}
