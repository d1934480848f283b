package main

import (
	"testing"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

func TestMain(m *testing.M) {
	servers.BecomeReceiver()
	programtest.Main(m)
}
