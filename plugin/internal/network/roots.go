package network

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
)

// The environment variables from which the standard library takes other root
// certificates than the system's, other than on Windows and macOS.
const (
	rootsFile = "SSL_CERT_FILE"
	rootsDir  = "SSL_CERT_DIR"
)

// BrokenRoots are the faults of the environment variables that name root
// certificates. The standard library takes no notice of a file that is not
// there: no certificate is trusted then.
func BrokenRoots() (broken []error) {
	if file := os.Getenv(rootsFile); file != "" {
		pem, err := os.ReadFile(file) //nolint:gosec // Which file it is, is the user's to say.
		switch {
		case err != nil:
			broken = append(broken, fmt.Errorf("%s: %w", rootsFile, err))
		case !x509.NewCertPool().AppendCertsFromPEM(pem):
			broken = append(broken, fmt.Errorf("%s: %s has no certificate in PEM form", rootsFile, file))
		}
	}
	for _, dir := range filepath.SplitList(os.Getenv(rootsDir)) {
		if _, err := os.ReadDir(dir); err != nil {
			broken = append(broken, fmt.Errorf("%s: %w", rootsDir, err))
		}
	}
	return broken
}
