package network

import (
	"net"
	"net/netip"
)

// metadataHost is the name of Google's metadata server. Its address is of the
// machine's own link.
const metadataHost = "metadata.google.internal"

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
	return isLocal(host) || host == metadataHost
}

// isLocal says whether host is this machine, or an address of its own link such
// as the metadata servers of cloud machines have.
func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return IsLoopback(host) || ip != nil && ip.IsLinkLocalUnicast()
}
