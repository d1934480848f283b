package program

import (
	"context"
	"fmt"
	"time"
)

// reminderInterval is how often it is said that an input has given up, while the
// process runs on for others. Said once, it is hours back in the log by the time that
// somebody looks.
const reminderInterval = 10 * time.Minute

// remind says again and again that an input has given up, until ctx ends.
func remind(ctx context.Context, failure func() error, say func(text string)) {
	ticker := time.NewTicker(reminderInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := failure(); err != nil {
				say(fmt.Sprintf("An input has given up, and the process runs on for what else it has: %v", err))
			}
		case <-ctx.Done():
			return
		}
	}
}
