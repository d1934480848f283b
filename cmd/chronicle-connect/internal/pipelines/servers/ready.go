//go:build !minimal

package servers

import (
	"fmt"
	"net"
	"strings"
	"time"
)

// serverReady tells, for those servers that accept connections before they can
// do anything with them, whether they can.
var serverReady = map[string]func(addr string) error{
	"kafka":      kafkaReady,
	"redis":      redisReady,
	"prometheus": func(addr string) error { return answers("http://" + addr + "/-/ready") },
	"opensearch": func(addr string) error {
		return answers("http://" + addr + "/_cluster/health?wait_for_status=yellow&timeout=1s")
	},
}

// redisReady waits out that Redis loads its data.
func redisReady(addr string) error {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	answer := make([]byte, 64)
	n, err := conn.Read(answer)
	if err != nil {
		return err
	}
	if got := string(answer[:n]); !strings.HasPrefix(got, "+PONG") {
		return fmt.Errorf("asking Redis: got %q, want +PONG", got)
	}
	return nil
}
