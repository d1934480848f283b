package detection_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/detection"
)

func of(t *testing.T, text string) *detection.Summary {
	t.Helper()
	return detection.Summarize(parse(t, []byte(text)))
}

func TestSeverity(t *testing.T) {
	for _, c := range []struct{ name, rules, want string }{
		{"an element", `{"severity":"HIGH"}`, "HIGH"},
		{"the first element that says something", `{"severity":"UNKNOWN_SEVERITY"},{"severity":"Info"},{"severity":"HIGH"}`, "INFORMATIONAL"},
		{"an element before a label", `{"ruleLabels":[{"key":"severity","value":"LOW"}]},{"severity":"HIGH"}`, "HIGH"},
		{"a label beside UNKNOWN_SEVERITY", `{"severity":"UNKNOWN_SEVERITY","ruleLabels":[{"key":"Severity","value":"High"}]}`, "HIGH"},
		{"a label beside SEVERITY_UNSPECIFIED", `{"severity":"SEVERITY_UNSPECIFIED","ruleLabels":[{"key":"SEVERITY","value":"critical"}]}`, "CRITICAL"},
		{"the first label", `{"ruleLabels":[{"key":"severity","value":"Low"},{"key":"severity","value":"High"}]}`, "LOW"},
		{"a label that says nothing", `{"ruleLabels":[{"key":"severity","value":""},{"key":"severity","value":"High"}]}`, "HIGH"},
		{"a label before a score", `{"ruleLabels":[{"key":"severity","value":"Low"}],"outcomes":[{"key":"risk_score","value":"95"}]}`, "LOW"},
		{"an outcome of 90", `{"outcomes":[{"key":"risk_score","value":"90"}]}`, "CRITICAL"},
		{"an outcome of 89.9", `{"outcomes":[{"key":"risk_score","value":89.9}]}`, "HIGH"},
		{"an outcome of 79", `{"outcomes":[{"key":"risk_score","value":"79"}]}`, "MEDIUM"},
		{"an outcome of 49", `{"outcomes":[{"key":"risk_score","value":"49"}]}`, "LOW"},
		{"an outcome of 19", `{"outcomes":[{"key":"risk_score","value":"19"}]}`, "INFORMATIONAL"},
		{"an outcome that is no number", `{"outcomes":[{"key":"risk_score","value":"NaN"}]}`, "UNKNOWN"},
		{"a variable before an outcome", `{"outcomes":[{"key":"risk_score","value":"95"}],"variables":{"risk_score":{"type":"OUTCOME","int64Val":"20"}}}`, "LOW"},
		{"not the field riskScore", `{"riskScore":95}`, "UNKNOWN"},
		{"nothing", ``, "UNKNOWN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, string(of(t, `{"detection":[`+c.rules+`]}`).Severity))
		})
	}
}

func TestTitle(t *testing.T) {
	for _, c := range []struct{ name, detection, want string }{
		{"display name", `{"detection":[{"ruleName":"a_rule","displayName":"A rule"}]}`, "A rule"},
		{"rule name", `{"detection":[{"ruleName":"a_rule","summary":"Rule Detection","description":"long"}]}`, "a_rule"},
		{"rule name of a later element", `{"detection":[{"ruleId":"ru_1"},{"ruleName":"a_rule"}]}`, "a_rule"},
		{"summary", `{"type":"GCTI_FINDING","detection":[{"ruleId":"ur_1","summary":"Known C2 domain"}]}`, "Known C2 domain"},
		{"a name that names nothing", `{"type":"GCTI_FINDING","detection":[{"ruleName":"GCTI Finding","summary":"Rule Detection","ruleSetDisplayName":"Cloud Threats"}]}`, "Cloud Threats"},
		{"rule id", `{"type":"GCTI_FINDING","detection":[{"ruleId":"ur_1"}]}`, "ur_1"},
		{"SOAR source rule", `{"type":"SOAR_ALERT","detection":[{"ruleName":"x"}],"soarAlertMetadata":{"sourceRule":"Impossible travel"}}`, "Impossible travel"},
		{"SOAR product", `{"type":"SOAR_ALERT","soarAlertMetadata":{"vendor":"Okta","sourceSystem":"ThreatInsight"}}`, "Alert of Okta ThreatInsight"},
		{"what the product saw", `{"type":"TELEMETRY_ALERT","collectionElements":[{"references":[{"entity":{}},{"event":{"securityResult":[{},{"threatName":"EICAR"}]}}]}]}`, "EICAR"},
		{"GCTI type", `{"type":"UPPERCASE_ALERT"}`, "Curated detection"},
		{"SOAR type", `{"type":"SOAR_ALERT"}`, "SOAR alert"},
		{"another type", `{"type":"MACHINE_INTELLIGENCE_ALERT"}`, "Machine intelligence alert"},
		{"no type", `{}`, "Detection"},
		{"type of one character that is none", `{"type":"_"}`, "Detection"},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, of(t, c.detection).Title) })
	}
}

func TestHeadline(t *testing.T) {
	for _, c := range []struct{ detection, want string }{
		{
			`{"detection":[{"ruleName":"suspicious_powershell","severity":"HIGH","detectionFields":[{"key":"hostname","value":"win-fin-42"},{"key":"username","value":"jose"}]}]}`,
			"HIGH suspicious_powershell on win-fin-42 by jose",
		},
		{`{"detection":[{"ruleName":"r","detectionFields":[{"key":"src_ip","value":"10.0.0.4"}]}]}`, "r on 10.0.0.4"},
		{`{"detection":[{"ruleName":"r","detectionFields":[{"key":"email","value":"a@example.com"}]}]}`, "r by a@example.com"},
		{`{"detection":[{"ruleName":"r","detectionFields":[{"key":"url","value":"http://10.0.0.4/x"}]}]}`, "r on 10.0.0.4"},
		{
			`{"detection":[{"ruleName":"r","detectionFields":[{"key":"sha256","value":"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}]}]}`,
			"r with 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
		},
		{`{"detection":[{"ruleName":"r"}],"collectionElements":[{"references":[{"event":{"target":{"hostname":"web-1"}}}]}]}`, "r on web-1"},
		{`null`, "Detection"},
		{`[]`, "Detection"},
		{`"text"`, "Detection"},
	} {
		require.Equal(t, c.want, of(t, c.detection).Headline, c.detection)
	}
}

// A match variable's value is told apart by where it is from, by its name, or by its looks.
func TestMatchVariables(t *testing.T) {
	const sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
	for _, c := range []struct{ key, source, value, want string }{
		{"h", "udm.principal.hostname", "a", "hosts"},
		{"h", "udm.principal.asset.hostname", "a", "hosts"},
		{"infected_host", "", "a", "hosts"},
		{"srchost", "", "a", "hosts"},
		{"principalHostname", "", "a", "hosts"},
		{"host", "", "10.0.0.1", "addresses"},
		{"u", "udm.target.user.userid", "a", "users"},
		{"u", "udm.principal.user.email_addresses", "a@b.example", "users"},
		{"login_user", "", "a", "users"},
		{"from", "udm.network.email.from", "a@b.example", "users"},
		{"client_ip", "", "::1", "addresses"},
		{"ip", "", "a", ""},
		{"zip", "", "12345", ""},
		{"user_profile", "", "C", ""},
		{"d", "udm.target.domain.name", "a.example", "domains"},
		{"q", "udm.network.dns.questions.name", "a.example.", "domains"},
		{"n", "udm.principal.resource.name", "a", ""},
		{"u", "udm.target.url", "example.com/a", "urls domains"},
		{"f", "udm.target.file.full_path", "/a", "files"},
		{"f", "target.file.sha1", sha1, "hashes"},
		{"file_hash", "", sha1, "hashes"},
		{"sha256", "", "none of that", ""},
		{"p", "udm.target.process.command_line", "sh -c a", "processes"},
		{"x", "", sha1, "hashes"},
		{"x", "", "192.0.2.1", "addresses"},
		{"x", "", "https://a.example/", "urls domains"},
		{"x", "", "a@b.example", "users"},
		{"x", "", "plain", ""},
		{"host", "", "-", ""},
	} {
		summary := of(t, `{"detection":[{"detectionFields":[{"key":"`+c.key+`","source":"`+c.source+`","value":"`+c.value+`"}]}]}`)
		entities := summary.Object()["entities"].(map[string]any)
		got := ""
		for _, kind := range []string{"hosts", "users", "addresses", "urls", "domains", "files", "hashes", "processes"} {
			if len(entities[kind].([]any)) > 0 {
				got += " " + kind
			}
		}
		if got != "" {
			got = got[1:]
		}
		require.Equal(t, c.want, got, "%+v", c)
	}
}

func TestEntities(t *testing.T) {
	event := func(text string) string { return `{"event":` + text + `}` }
	for _, c := range []struct {
		name, references string
		of               func(e detection.Entities) []string
		want             []string
	}{
		{
			"who acts in any event comes first",
			event(`{"principal":{"ip":"10.0.0.1"},"target":{"hostname":"t1"}}`) + "," + event(`{"principal":{"hostname":"p2"},"src":{"hostname":"s2"}}`),
			func(e detection.Entities) []string { return e.Hosts },
			[]string{"p2", "s2", "t1"},
		},
		{
			"observers and intermediaries take no part",
			event(`{"observer":{"hostname":"sensor"},"intermediary":[{"hostname":"proxy"}],"principal":{"hostname":"p"}}`),
			func(e detection.Entities) []string { return e.Hosts },
			[]string{"p"},
		},
		{
			"assets", event(`{"principal":{"asset":{"hostname":"h","ip":["10.0.0.1"]}}}`),
			func(e detection.Entities) []string { return append(e.Hosts, e.Addresses...) },
			[]string{"h", "10.0.0.1"},
		},
		{
			"each once, whatever its case", event(`{"principal":{"hostname":"WIN-1"},"target":{"hostname":"win-1"}}`),
			func(e detection.Entities) []string { return e.Hosts },
			[]string{"WIN-1"},
		},
		{
			"users known by e-mail", event(`{"principal":{"user":{"emailAddresses":["a@b.example"]}}}`),
			func(e detection.Entities) []string { return e.Users },
			[]string{"a@b.example"},
		},
		{
			"users known by their SID", event(`{"principal":{"user":{"windowsSid":"S-1-5-18"}}}`),
			func(e detection.Entities) []string { return e.Users },
			[]string{"S-1-5-18"},
		},
		{
			"e-mail", event(`{"network":{"email":{"from":"a@b.example","to":["c@d.example"],"bcc":["e@f.example"]}}}`),
			func(e detection.Entities) []string { return e.Users },
			[]string{"a@b.example", "c@d.example", "e@f.example"},
		},
		{
			"DNS and TLS", event(`{"network":{"dns":{"questions":[{"name":"q.example"}],"answers":[{"data":"192.0.2.1"},{"data":"cname.example"}]},"tls":{"client":{"serverName":"sni.example"}}}}`),
			func(e detection.Entities) []string { return append(e.Domains, e.Addresses...) },
			[]string{"q.example", "sni.example", "192.0.2.1"},
		},
		{
			"a URL without a scheme", event(`{"target":{"url":"c2.example:8080/a"}}`),
			func(e detection.Entities) []string { return append(e.URLs, e.Domains...) },
			[]string{"c2.example:8080/a", "c2.example"},
		},
		{
			"a URL of an address", event(`{"target":{"url":"http://[2001:db8::1]:80/a"}}`),
			func(e detection.Entities) []string { return append(e.Domains, e.Addresses...) },
			[]string{"2001:db8::1"},
		},
		{
			"a hash without a path", event(`{"about":[{"file":{"md5":"d41d8cd98f00b204e9800998ecf8427e"}}]}`),
			func(e detection.Entities) []string { return append(e.Files, e.Hashes...) },
			[]string{"d41d8cd98f00b204e9800998ecf8427e"},
		},
		{
			"a command line without a pid", event(`{"target":{"process":{"commandLine":"sh -c a"}}}`),
			func(e detection.Entities) []string { return e.Processes },
			[]string{"sh -c a"},
		},
		{
			"an entity of threat intelligence before the events",
			`{"entity":{"entity":{"hostname":"c2.example","ip":["192.0.2.1"]}}},` + event(`{"principal":{"hostname":"p","ip":["10.0.0.1"]}}`),
			func(e detection.Entities) []string { return append(e.Hosts, e.Addresses...) },
			[]string{"p", "c2.example", "10.0.0.1", "192.0.2.1"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			summary := of(t, `{"collectionElements":[{"references":[`+c.references+`]}]}`)
			require.Equal(t, c.want, c.of(summary.Entities))
		})
	}
}

func TestAttackNames(t *testing.T) {
	execution := detection.Named{ID: "TA0002", Name: "Execution"}
	shell, phishing := detection.Named{ID: "T1059.001", Name: "PowerShell"}, detection.Named{ID: "T1566", Name: "Phishing"}
	label := func(key, value string) string {
		return `{"detection":[{"ruleLabels":[{"key":"` + key + `","value":"` + value + `"}]}]}`
	}
	for _, c := range []struct {
		detection  string
		tactics    []detection.Named
		techniques []detection.Named
	}{
		{`{}`, nil, nil},
		{`{"tags":["TA0002","attack.t1059.001"]}`, []detection.Named{execution}, []detection.Named{shell}},
		{label("mitre_attack_tactic", "Execution"), []detection.Named{execution}, nil},
		{label("mitre_attack_technique_id", "T1059.001"), nil, []detection.Named{shell}},
		{label("mitre_attack_technique", "Command and Scripting Interpreter: PowerShell"), nil, []detection.Named{shell}},
		{label("technique", "phishing"), nil, []detection.Named{phishing}},
		{label("technique", "T1566 - Phishing"), nil, []detection.Named{phishing}},
		{label("technique", "T1999 - Something new"), nil, []detection.Named{{ID: "T1999", Name: "Something new"}}},
		{label("technique", "Something new"), nil, []detection.Named{{Name: "Something new"}}},
		{label("technique", "T1566.999"), nil, []detection.Named{{ID: "T1566.999", Name: "Phishing"}}},
		{label("mitre_attack_url", "https://attack.mitre.org/techniques/T1562/008/"), nil, []detection.Named{{ID: "T1562.008", Name: "Disable or Modify Cloud Logs"}}},
		{label("reference", "https://attack.mitre.org/versions/v13/techniques/T1566/"), nil, []detection.Named{phishing}},
		{label("reference", "https://attack.mitre.org/tactics/TA0002/"), []detection.Named{execution}, nil},
		{label("description", "seen with T1566"), nil, nil},
		{
			`{"collectionElements":[{"references":[{"event":{"securityResult":{"attackDetails":{"tactics":[{"id":"TA0002"}],"techniques":[{"id":"T1566","name":"x"},{"id":"T1059","subtechniqueId":"T1059.001"}]}}}}]}]}`,
			[]detection.Named{execution},
			[]detection.Named{phishing, shell},
		},
	} {
		attack := of(t, c.detection).Attack
		require.Equal(t, c.tactics, attack.Tactics, c.detection)
		require.Equal(t, c.techniques, attack.Techniques, c.detection)
	}
}

func TestEventText(t *testing.T) {
	for event, want := range map[string]string{
		`{"principal":{"process":{"commandLine":"a"}},"target":{"process":{"commandLine":"b"}}}`:                      "b",
		`{"target":{"registry":{"registryKey":"HKLM\\Run","registryValueName":"x"}}}`:                                 `HKLM\Run\x`,
		`{"target":{"url":"http://a.example/"},"network":{"http":{"method":"GET"}}}`:                                  "GET http://a.example/",
		`{"network":{"email":{"subject":["Hi"],"from":"a@b.example","to":["c@d.example"]}}}`:                          "Hi from a@b.example to c@d.example",
		`{"network":{"dns":{"questions":[{"name":"q.example"}]}},"target":{"port":53}}`:                               "q.example",
		`{"principal":{"hostname":"a","port":1},"target":{"ip":["::1"],"port":"443"},"network":{"ipProtocol":"TCP"}}`: "a:1 to [::1]:443 TCP",
		`{"metadata":{"description":"User\nsigned in"},"target":{"application":"Okta"}}`:                              "User signed in",
		`{"securityResult":[{"summary":"Blocked"}]}`:                                                                  "Blocked",
		`{"target":{"application":"Okta"}}`:                                                                           "Okta",
		`{}`:                                                                                                          "",
	} {
		require.Equal(t, want, of(t, `{"collectionElements":[{"references":[{"id":{}},{"event":`+event+`}]}]}`).Event.Text, event)
	}
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		detection          string
		timing             string
		simulated, changed bool
	}{
		{`{}`, "", false, false},
		{`{"detectionTimingDetails":["DETECTION_TIMING_DETAILS_UNSPECIFIED","DETECTION_TIMING_DETAILS_REPROCESSING"]}`, "REPROCESSING", false, false},
		{`{"tags":["includes_simulation_data"]}`, "", true, false},
		{`{"simulatedEventCount":"3"}`, "", true, false},
		{`{"simulatedEventNames":["x"]}`, "", true, false},
		{`{"collectionElements":[{"references":[{"event":{"metadata":{"ingestionLabels":[{"key":"SIMULATION","value":"x"}]}}}]}]}`, "", true, false},
		{`{"collectionElements":[{"references":[{"event":{"principal":{"namespace":"Simulated"}}}]}]}`, "", true, false},
		{`{"collectionElements":[{"references":[{"event":{"principal":{"namespace":"simulated-annealing"}}}]}]}`, "", false, false},
		{`{"createdTime":"2026-01-01T00:00:00Z","lastUpdatedTime":"2026-01-01T00:00:00Z"}`, "", false, false},
		{`{"createdTime":"2026-01-01T00:00:00Z","lastUpdatedTime":"2026-01-01T00:00:00.1Z"}`, "", false, true},
		{`{"createdTime":"2026-01-01T00:00:00Z","lastUpdatedTime":"2026-01-01T01:00:00+02:00"}`, "", false, false},
		{`{"feedbackSummary":{"status":"OPEN"}}`, "", false, true},
		{`{"feedbackHistory":[{}]}`, "", false, true},
	} {
		summary := of(t, c.detection)
		require.Equal(t, c.timing, summary.Timing, c.detection)
		require.Equal(t, c.simulated, summary.Simulated, c.detection)
		require.Equal(t, c.changed, summary.Changed, c.detection)
	}
}

func TestLink(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"https://acme.backstory.chronicle.security/alert?id=de_1", "https://acme.backstory.chronicle.security/alert?id=de_1"},
		{"HTTP://example.com/", "HTTP://example.com/"},
		{"javascript:alert(1)", ""},
		{"https://", ""},
		{"acme.example/alert", ""},
		{"https://example.com/|text> <!channel>", ""},
		{"https://example.com/a b", ""},
		{"https://exämple.com/", ""},
		{"https://example.com/" + strings.Repeat("a", 1000), ""},
	} {
		for _, detection := range []string{
			`{"detection":[{"urlBackToProduct":"%"}]}`,
			`{"detection":[{"urlBackToProduct":"ftp://x"}],"soarAlertMetadata":{"sourceSystemUri":"%"}}`,
		} {
			require.Equal(t, c.want, of(t, strings.ReplaceAll(detection, "%", c.url)).Link, c.url)
		}
		rule := `{"detection":[{"ruleLabels":[{"key":"Reference","value":"%"}]}]}`
		require.Equal(t, c.want, of(t, strings.ReplaceAll(rule, "%", c.url)).Rule.URL, c.url)
	}
}
