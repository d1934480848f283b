package chronicletest

import (
	"net/http"
	"strings"
	"time"
)

// metadataPath is where the metadata server of Google's machines answers. Clients
// find it by the environment variable GCE_METADATA_HOST.
const metadataPath = "/computeMetadata/v1/"

// MetadataHost is the value of GCE_METADATA_HOST that makes clients take the
// server for the metadata server of the machine they run on: they get tokens of
// the service account there, without credentials.
func (s *Server) MetadataHost() string { return strings.TrimPrefix(s.URL, "http://") }

// serveMetadata answers the few questions that a client asks on its way to a
// token.
func (s *Server) serveMetadata(w http.ResponseWriter, r *http.Request) {
	const flavor = "Metadata-Flavor"
	w.Header().Set(flavor, "Google")
	switch what := strings.TrimPrefix(r.URL.Path, metadataPath); {
	case r.Header.Get(flavor) != "Google":
		http.Error(w, "Missing Metadata-Flavor:Google header.", http.StatusForbidden)
	case what == "project/project-id":
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(accountProject))
	case what == "instance/service-accounts/default/token":
		scopes := strings.FieldsFunc(r.URL.Query().Get("scopes"), func(c rune) bool { return c == ',' })
		writeJSON(w, http.StatusOK, map[string]any{
			"access_token": s.issuer.give(scopes, time.Now()),
			"expires_in":   int(s.options.tokenLifetime / time.Second),
			"token_type":   "Bearer",
		})
	default:
		http.NotFound(w, r)
	}
}
