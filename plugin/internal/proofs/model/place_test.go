package model_test

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// A place is where in the server's history a stored position is. Of the order
// of positions the input itself knows nothing, and page tokens don't show it.
type place struct {
	// at is the position's time: everything up to it was served before.
	at time.Time
	// window is where reading goes on if the server refuses the page token, and
	// the same as at where there is none.
	window time.Time
}

// placeOf is the place of a stored position. It looks into the stand-in's page
// tokens, which begin with their time in microseconds.
func placeOf(value []byte) (place, error) {
	p, err := position.Decode(value)
	if err != nil || p.PageToken == "" {
		return place{at: p.Time(), window: p.Time()}, err
	}
	sealed, err := base64.RawURLEncoding.DecodeString(p.PageToken)
	if err != nil || len(sealed) < 8 {
		return place{}, fmt.Errorf("opening the page token %q: %d bytes, %w", p.PageToken, len(sealed), err)
	}
	at := time.UnixMicro(int64(binary.BigEndian.Uint64(sealed))).UTC()
	return place{at: at, window: p.Time()}, nil
}

func (p place) isNone() bool { return p.at.IsZero() }

func (p place) String() string { return rig.RFC3339(p.at) }

// isBehind says whether p is behind another place. Where tokens were refused,
// reading begins the window again, and only windows tell.
func (p place) isBehind(other place, tokensExpired bool) bool {
	return p.window.Before(other.window) || !tokensExpired && p.at.Before(other.at)
}
