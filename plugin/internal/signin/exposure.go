package signin

import (
	"fmt"
	"io/fs"
	"os"
)

// An ownership is what of a file decides whether its permissions are ours to
// answer for.
type ownership struct {
	ours     bool // it belongs to the user that this process runs as
	readOnly bool // it is on a file system that cannot be written to
}

// exposed is how a credentials file is exposed to every user of the machine, ""
// where it isn't or where that is somebody else's decision: secrets that are
// mounted into containers are often readable by all and owned by root, on a
// file system that nobody can write to. A group that may read is a decision,
// too.
func exposed(mode fs.FileMode, owner ownership) string {
	if !mode.IsRegular() || !owner.ours || owner.readOnly || mode.Perm()&0o004 == 0 {
		return ""
	}
	return fmt.Sprintf("is readable for every user of this machine (mode %#o)", mode.Perm())
}

// Exposure is how the credentials file is exposed, if it is one with a key that
// every user of the machine may read, and its path; "" where it is not.
func (c Credentials) Exposure() (how, path string) {
	if c.Document != "" {
		return "", ""
	}
	for _, at := range c.places() {
		info, err := os.Stat(at.path)
		if err == nil {
			return exposed(info.Mode(), ownershipOf(at.path, info)), at.path
		}
		// Reading it says why, if it is needed.
	}
	return "", ""
}
