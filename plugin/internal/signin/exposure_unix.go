//go:build linux || darwin || freebsd

package signin

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// writeAccess is what access(2) calls W_OK. It tells of a read-only file system
// even to root, who may do everything else.
const writeAccess = 2

func ownershipOf(path string, info fs.FileInfo) ownership {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ownership{
		ours:     ok && int64(stat.Uid) == int64(os.Geteuid()),
		readOnly: errors.Is(syscall.Access(path, writeAccess), syscall.EROFS),
	}
}
