package advice

import (
	"fmt"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/field"
)

// noticeableSkew is how far a clock may be off before that is likely to be why
// something is refused. Google tolerates some minutes.
const noticeableSkew = 2 * time.Minute

// Clock is the warning of a clock that is off, "" where it is not: what goes by
// it looks wrong.
func Clock(server answer.Clock) string {
	if !server.IsOff(noticeableSkew) {
		return ""
	}
	return fmt.Sprintf("The clock of this machine is %s. Set it: chronicle_lag_seconds and a %s that is a duration go by it, and sign-ins may be refused", server, field.StartTime)
}
