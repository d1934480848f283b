package rpcplugin

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
)

func TestLog(t *testing.T) {
	redactor := &redact.Redactor{}
	redactor.Add("REDIS_PASSWORD", "correct horse")
	var out printed
	log := newHostLog(&out, redactor)
	log.logger().With("label", "a").Error("the cache\nsays: correct horse")
	log.logger().Debug("nothing")
	log.logger().Info(strings.Repeat("é", maxLine))
	log.logger().Warn("so so")

	lines := out.lines()
	require.Len(t, lines, 3)
	require.Equal(t, `level=ERROR msg="the cache says: ${REDIS_PASSWORD}" label=a`, lines[0])
	require.Less(t, len(lines[1]), maxLine+10)
	require.True(t, strings.HasPrefix(lines[1], "level=INFO msg=é"))
	require.Equal(t, `level=WARN msg="so so"`, lines[2])
	require.Equal(t, "the cache says: ${REDIS_PASSWORD}", <-log.problems)
	require.Empty(t, log.problems)
}

// A host that does not read keeps nothing from being logged, and learns of what was
// last.
func TestProblemsThatNobodyReads(t *testing.T) {
	log := newHostLog(&printed{}, &redact.Redactor{})
	for i := range 3 * maxProblems {
		log.logger().Error(fmt.Sprint(i))
	}
	require.Len(t, log.problems, maxProblems)
	require.Equal(t, fmt.Sprint(2*maxProblems), <-log.problems)
}
