package chronicle

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func gzipped(t *testing.T, plain string) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := io.WriteString(w, plain)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return packed.Bytes()
}

func TestPlainBody(t *testing.T) {
	once := gzipped(t, "plain")
	for _, test := range []struct {
		name   string
		header []string
		body   []byte
		want   string
		err    string
	}{
		{"none", nil, []byte("plain"), "plain", ""},
		{"gzip", []string{"gzip"}, once, "plain", ""},
		{"any case", []string{" GZip "}, once, "plain", ""},
		{"x-gzip", []string{"X-GZIP"}, once, "plain", ""},
		{"several members", []string{"gzip"}, append(bytes.Clone(once), gzipped(t, ", and more")...), "plain, and more", ""},
		{"an empty member", []string{"gzip"}, append(gzipped(t, ""), once...), "plain", ""},
		{"twice", []string{"gzip, gzip"}, gzipped(t, string(once)), "plain", ""},
		{"twice, by two proxies", []string{"gzip", "identity", "gzip"}, gzipped(t, string(once)), "plain", ""},
		{"another one", []string{"gzip, br"}, once, "", `the answer has Content-Encoding "gzip, br", want none or gzip`},
		{"nothing", []string{"gzip"}, nil, "", "decompressing the answer: unexpected EOF"},
		{"a header cut off", []string{"gzip"}, append(bytes.Clone(once), once[:5]...), "plain", "decompressing the answer: unexpected EOF"},
		{"cut off", []string{"gzip"}, once[:len(once)-1], "plain", "unexpected EOF"},
		{"something behind", []string{"gzip"}, append(bytes.Clone(once), "something else"...), "plain", "gzip: invalid header"},
	} {
		t.Run(test.name, func(t *testing.T) {
			body, err := plainBody(http.Header{"Content-Encoding": test.header}, bytes.NewReader(test.body))
			var got []byte
			if err == nil {
				got, err = io.ReadAll(body)
			}
			require.Equal(t, test.want, string(got))
			if test.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.err)
			}
		})
	}
}

// What a member says is there although the stream stays open behind it.
func TestPlainBodyBeforeTheEnd(t *testing.T) {
	reader, writer := io.Pipe()
	body, err := plainBody(http.Header{"Content-Encoding": {"gzip"}}, reader)
	require.NoError(t, err)
	for _, part := range []string{"one", "two"} {
		member := gzipped(t, part)
		go func() { _, _ = writer.Write(member) }()
		got := make([]byte, len(part))
		_, err := io.ReadFull(body, got)
		require.NoError(t, err)
		require.Equal(t, part, string(got))
	}
	require.NoError(t, writer.Close())
	_, err = body.Read(make([]byte, 1))
	require.Equal(t, io.EOF, err)
}
