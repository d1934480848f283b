package network

import (
	"net"
	"net/netip"
	"os"
)

// metadataHost is the name of Google's metadata server. Its address is of the
// machine's own link.
const metadataHost = "metadata.google.internal"

const (
	// MetadataVariable is the environment variable by which Google's libraries
	// are told of another metadata server.
	MetadataVariable = "GCE_METADATA_HOST"
	metadataAddress  = "169.254.169.254"
)

// MetadataServer is the address of Google's metadata server, with a port where
// that is not 80, and whether [MetadataVariable] names it.
func MetadataServer() (addr string, named bool) {
	if addr = os.Getenv(MetadataVariable); addr != "" {
		return addr, true
	}
	return metadataAddress, false
}

// metadataNet is where AWS has its metadata servers for IPv6: a net of its own,
// which is routed within a machine's link only.
var metadataNet = netip.MustParsePrefix("fd00:ec2::/32")

// IsLoopback says whether host, without a port, is this machine alone.
func IsLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// IsOwnMachine says whether host, without a port, is this machine or the
// metadata server that a cloud gives it.
func IsOwnMachine(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil && metadataNet.Contains(ip) {
		return true
	}
	named, _ := MetadataServer()
	return isLocal(host) || host == metadataHost || host == Hostname(named)
}

// isLocal says whether host is this machine, or an address of its own link such
// as the metadata servers of cloud machines have.
func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return IsLoopback(host) || ip != nil && ip.IsLinkLocalUnicast()
}

// Hostname is an address without its port, if it has one.
func Hostname(addr string) string {
	if name, _, err := net.SplitHostPort(addr); err == nil {
		return name
	}
	return addr
}
