package stream

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMemo(t *testing.T) {
	var m memo
	reads := 0
	read := func(value []byte) string {
		reads++
		return string(value) + "!"
	}
	long := strings.Repeat("x", memoMaxLen)
	for range 2 {
		require.Equal(t, "a!", m.of([]byte("a"), read))
		require.Equal(t, long+"!", m.of([]byte(long), read))
		require.Equal(t, long+"a!", m.of([]byte(long+"a"), read))
	}
	require.Equal(t, 2+2, reads, "what is too long is read each time")
	require.Len(t, m.known, 2)
	for i := range 3 * memoLimit {
		require.Equal(t, fmt.Sprintf("%d!", i), m.of(fmt.Append(nil, i), read))
		require.LessOrEqual(t, len(m.known), memoLimit)
	}
}
