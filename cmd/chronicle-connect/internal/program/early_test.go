package program

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEarlyAcks(t *testing.T) {
	const input = "input: {chronicle_detection_alerts: {start_time: 1h}}\n"
	for _, test := range []struct{ name, config, resources, want string }{
		{"memory", input + "buffer: {memory: {}}", "", "buffer.memory: acknowledges detections before"},
		{"a variable", input + "buffer:\n  ${BUFFER}: {}", "", "buffer.memory: acknowledges detections before"},
		{"windows", input + "buffer: {system_window: {size: 1h}}", "", "buffer.system_window: acknowledges and drops"},
		{"within other inputs", "input: {broker: {inputs: [{stdin: {}}, {chronicle_detection_alerts: {}}]}}\nbuffer: {memory: {limit: 1}}", "", "buffer.memory"},
		{"a resource", "input: {resource: alerts}\nbuffer: {memory: {}}", "input_resources: [{label: alerts, chronicle_detection_alerts: {}}]", "buffer.memory"},
		{"a join", "input: {sequence: {sharded_join: {type: outer, id_path: id}, inputs: [{chronicle_detection_alerts: {}}]}}", "", "sequence.sharded_join: acknowledges"},
		{"no join", "input: {sequence: {sharded_join: {type: none}, inputs: [{chronicle_detection_alerts: {}}]}}", "", ""},
		{"a join of others", "input: {sequence: {sharded_join: {type: outer}, inputs: [{stdin: {}}]}}", "", ""},
		{"no buffer", input, "", ""},
		{"none", input + "buffer: {none: {}}", "", ""},
		{"on disk", input + "buffer: {sqlite: {path: ./buffer}}", "", ""},
		{"another input", "input: {stdin: {}}\nbuffer: {memory: {}}", "", ""},
		{"another component of the name", "input: {stdin: {}}\nbuffer: {memory: {}}\noutput: {chronicle_detection_alerts: {}}", "", ""},
		{"what Benthos refuses", "input: [", "", ""},
		{"nothing", "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var resources [][]byte
			if test.resources != "" {
				resources = append(resources, []byte(test.resources))
			}
			got := earlyAcks([]byte(test.config), resources, func(string) (string, bool) { return "memory", true })
			if test.want == "" {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.Contains(t, got[0], test.want)
		})
	}
}
