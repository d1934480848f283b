package formats_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An attribute is what the table of OCSF says of one.
type attribute struct {
	kind, requirement, profile string
	array                      bool
	enum                       []string
}

// An ocsfSchema has the attributes by object and name. The finding itself is the
// object "class".
type ocsfSchema map[string]map[string]attribute

func readOCSF(tb testing.TB) ocsfSchema {
	tb.Helper()
	text, err := os.ReadFile("testdata/schemas/ocsf.csv")
	require.NoError(tb, err)
	schema := make(ocsfSchema)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSpace(line), ",")
		require.Len(tb, f, 7, line)
		if schema[f[0]] == nil {
			schema[f[0]] = make(map[string]attribute)
		}
		a := attribute{kind: f[2], requirement: f[3], array: f[4] == "array", profile: f[5]}
		if f[6] != "" {
			a.enum = strings.Split(f[6], "|")
		}
		schema[f[0]][f[1]] = a
	}
	return schema
}

// oneOf are the constraints of objects: at least one of these attributes is there.
// They are facts of the same source.
var oneOf = map[string][]string{
	"actor":            {"process", "user", "invoked_by", "session", "app_name", "app_uid"},
	"attack":           {"tactic", "technique", "sub_technique"},
	"email":            {"from", "to"},
	"evidences":        {"actor", "api", "connection_info", "data", "device", "dst_endpoint", "email", "file", "process", "query", "resources", "src_endpoint", "url", "user"},
	"network_endpoint": {"ip", "uid", "name", "hostname", "domain"},
	"process":          {"pid", "uid", "cpid"},
	"url":              {"url_string", "path"},
	"user":             {"account", "name", "uid"},
}

// check returns what is wrong with a finding.
func (s ocsfSchema) check(finding map[string]any) []string {
	var profiles []string
	if list, isList := at(finding, "metadata.profiles").([]any); isList {
		for _, name := range list {
			profiles = append(profiles, fmt.Sprint(name))
		}
	}
	return s.object("class", "", finding, profiles)
}

func (s ocsfSchema) object(name, path string, v any, profiles []string) (wrong []string) {
	attributes, known := s[name]
	if !known || name == "object" {
		return nil // json_t and object take anything.
	}
	members, isObject := v.(map[string]any)
	if !isObject {
		return []string{path + " is no object"}
	}
	for key, value := range members {
		a, found := attributes[key]
		if !found || a.profile != "" && !slices.Contains(profiles, a.profile) {
			wrong = append(wrong, path+"."+key+" is no attribute")
			continue
		}
		items := []any{value}
		if list, isList := value.([]any); isList != a.array {
			wrong = append(wrong, path+"."+key+" is a list, or should be one")
			continue
		} else if isList {
			items = list
		}
		for _, item := range items {
			wrong = append(wrong, s.value(a, path+"."+key, item, profiles)...)
		}
	}
	for key, a := range attributes {
		if _, found := members[key]; !found && a.requirement == "req" && a.profile == "" {
			wrong = append(wrong, path+"."+key+" is required")
		}
	}
	if some, constrained := oneOf[name]; constrained && !slices.ContainsFunc(some, func(key string) bool { return members[key] != nil }) {
		wrong = append(wrong, path+" has none of "+strings.Join(some, ", "))
	}
	return wrong
}

// scalars say whether a value is of a type of the dictionary. The forms of texts are its
// own, where it has some.
var scalars = map[string]func(v any) bool{
	"boolean_t":      func(v any) bool { _, ok := v.(bool); return ok },
	"float_t":        func(v any) bool { _, ok := v.(json.Number); return ok },
	"integer_t":      whole(math.MinInt32, math.MaxInt32),
	"json_t":         func(any) bool { return true },
	"long_t":         whole(math.MinInt64, math.MaxInt64),
	"port_t":         whole(0, 65_535),
	"timestamp_t":    whole(0, 253_402_300_799_999),
	"bytestring_t":   isText,
	"datetime_t":     isText,
	"file_name_t":    isText,
	"file_path_t":    isText,
	"hostname_t":     isText,
	"process_name_t": isText,
	"resource_uid_t": isText,
	"string_t":       isText,
	"subnet_t":       isText,
	"url_t":          isText,
	"username_t":     isText,
	"uuid_t":         isText,
	"email_t":        matches(`^[^@ ]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+$`),
	"file_hash_t":    matches(`^[a-fA-F0-9]{1,64}$`),
	"mac_t":          matches(`^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$`),
	"ip_t": func(v any) bool {
		text, _ := v.(string)
		address, err := netip.ParseAddr(text)
		return err == nil && address.Zone() == ""
	},
}

func whole(least, most int64) func(v any) bool {
	return func(v any) bool {
		number, _ := v.(json.Number)
		n, err := number.Int64()
		return err == nil && n >= least && n <= most
	}
}

// isText says whether a value is a text of something: one of nothing is left out.
func isText(v any) bool {
	text, ok := v.(string)
	return ok && text != ""
}

func matches(form string) func(v any) bool {
	compiled := regexp.MustCompile(form)
	return func(v any) bool {
		text, _ := v.(string)
		return compiled.MatchString(text)
	}
}

func (s ocsfSchema) value(a attribute, path string, v any, profiles []string) (wrong []string) {
	is, isScalar := scalars[a.kind]
	if !isScalar {
		if strings.HasSuffix(a.kind, "_t") {
			return []string{path + " is of an unknown type, " + a.kind}
		}
		return s.object(a.kind, path, v, profiles)
	}
	if !is(v) {
		return []string{fmt.Sprintf("%s is no %s: %v", path, a.kind, v)}
	}
	if len(a.enum) > 0 && !slices.Contains(a.enum, fmt.Sprint(v)) {
		return []string{fmt.Sprintf("%s is none of its values: %v", path, v)}
	}
	return nil
}
