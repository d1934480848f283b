package main

import (
	"testing"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
)

func TestMain(m *testing.M) {
	becomeReceiver()
	programtest.Main(m)
}
