package formats_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
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

func (s ocsfSchema) value(a attribute, path string, v any, profiles []string) (wrong []string) {
	ok := true
	switch a.kind {
	case "string_t":
		_, ok = v.(string)
	case "boolean_t":
		_, ok = v.(bool)
	case "integer_t", "long_t":
		number, _ := v.(json.Number)
		whole, err := number.Int64()
		ok = err == nil && (a.kind == "long_t" || whole >= math.MinInt32 && whole <= math.MaxInt32)
	case "float_t":
		_, ok = v.(json.Number)
	case "json_t":
	default:
		return s.object(a.kind, path, v, profiles)
	}
	if !ok {
		return []string{fmt.Sprintf("%s is no %s: %v", path, a.kind, v)}
	}
	if len(a.enum) > 0 && !slices.Contains(a.enum, fmt.Sprint(v)) {
		return []string{fmt.Sprintf("%s is none of its values: %v", path, v)}
	}
	return nil
}
