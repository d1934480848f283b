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
		{"the default", "input: {}", nil, address, "Set the environment variable CHRONICLE_HTTP_ADDRESS to"},
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
}

func TestDefaultAddress(t *testing.T) {
	unset := func(string) (string, bool) { return "", false }
	require.Equal(t, "127.0.0.1:4195", serverAddress(nil, nil, unset))
	moved := func(name string) (string, bool) { return "127.0.0.1:4196", name == "CHRONICLE_HTTP_ADDRESS" }
	require.Equal(t, "127.0.0.1:4196", serverAddress(nil, nil, moved))
	require.Equal(t, "127.0.0.1:4197", serverAddress([][]byte{[]byte("http: {address: 127.0.0.1:4197}")}, nil, moved))
}

func TestExposedAPIIsRefused(t *testing.T) {
	unset := func(string) (string, bool) { return "", false }
	for address, refused := range map[string]bool{
		"":                false, // the default
		"127.0.0.1:4195":  false,
		"127.1.2.3:4195":  false,
		"localhost:4195":  false,
		"'[::1]:4195'":    false,
		"0.0.0.0:4195":    true,
		"':4195'":         true,
		"'[::]:4195'":     true,
		"192.168.1.1:80":  true,
		"example.com:80":  true,
		"localhost.x.y:1": true,
	} {
		t.Run(address, func(t *testing.T) {
			config := "http: {}"
			if address != "" {
				config = "http: {address: " + address + "}"
			}
			err := refuseExposedAPI([][]byte{[]byte(config)}, nil, unset)
			if !refused {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "streams --api: got http.address ")
			require.ErrorContains(t, err, "want a loopback address such as 127.0.0.1:4195")
		})
	}
	require.NoError(t, refuseExposedAPI([][]byte{[]byte("http: {enabled: false, address: 0.0.0.0:1}")}, nil, unset))
	require.Error(t, refuseExposedAPI([][]byte{[]byte("http: {}")}, []string{"http.address=0.0.0.0:4195"}, unset))
}
