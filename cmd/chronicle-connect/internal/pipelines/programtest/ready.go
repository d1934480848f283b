package programtest

import (
	"os"
	"regexp"
	"runtime"
	"time"
)

// readyFile names a file that a process creates once Benthos catches signals.
// Before that, which can be after the first detection was delivered, SIGTERM ends
// a process as it ends any other, and nothing that Benthos prints tells.
const readyFile = "CHRONICLE_CONNECT_TEST_READY_FILE"

// announceReadiness creates that file in due course, if the environment names one.
func announceReadiness() {
	path := os.Getenv(readyFile)
	if path == "" {
		return
	}
	go func() {
		waiting := regexp.MustCompile(`(?m)^goroutine 1 [^\n]*\[select[^\n]*\n\S+/cli/common\.RunManagerUntilStopped\(`)
		for stacks := make([]byte, 1<<20); ; time.Sleep(5 * time.Millisecond) {
			if waiting.Match(stacks[:runtime.Stack(stacks, true)]) {
				_ = os.WriteFile(path, nil, 0o600) // whoever waits for it says that it isn't there
				return
			}
		}
	}()
}
