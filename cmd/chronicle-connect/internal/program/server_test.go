package program

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddressTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	address := taken.Addr().String()
	for _, test := range []struct {
		name, config string
		set          []string
		value        string // of CHRONICLE_HTTP_ADDRESS
		want         string
	}{
		{"the variable", "http: {address: '${CHRONICLE_HTTP_ADDRESS:127.0.0.1:0}'}", nil, address, "Set the environment variable CHRONICLE_HTTP_ADDRESS to"},
		{"its default", "http: {address: '${CHRONICLE_HTTP_ADDRESS:" + address + "}'}", nil, "", "Set the environment variable CHRONICLE_HTTP_ADDRESS to"},
		{"the field", "http: {address: '" + address + "'}", nil, "", "Set the field http.address to"},
		{"the command line", "http: {address: '${CHRONICLE_HTTP_ADDRESS:127.0.0.1:0}'}", []string{"http.address=" + address}, "", "Set the field http.address to"},
		{"free", "http: {address: '${CHRONICLE_HTTP_ADDRESS:127.0.0.1:0}'}", nil, "", ""},
		{"no server", "http: {enabled: false, address: '" + address + "'}", nil, "", ""},
		{"none by the command line", "http: {address: '" + address + "'}", []string{"http.enabled=false"}, "", ""},
		{"what Benthos refuses", "http: 7", nil, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := addressTaken([][]byte{[]byte(test.config)}, test.set, func(string) (string, bool) { return test.value, test.value != "" })
			if test.want == "" {
				require.Empty(t, got)
				return
			}
			require.Contains(t, got, "listen tcp "+address)
			require.Contains(t, got, test.want)
		})
	}
	require.Equal(t, "0.0.0.0:4195", serverAddress(nil, nil, nil))
}
