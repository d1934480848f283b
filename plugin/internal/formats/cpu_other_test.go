//go:build !unix

package formats_test

import (
	"testing"
	"time"
)

var begun = time.Now()

// cpuTime is the time since the process began, which is the same on a processor of its
// own.
func cpuTime(testing.TB) time.Duration { return time.Since(begun) }
