package words_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/words"
)

func TestAttackOf(t *testing.T) {
	execution, access := words.Tactic{ID: "TA0002", Name: "Execution"}, words.Tactic{ID: "TA0001", Name: "Initial Access"}
	control := words.Tactic{ID: "TA0011", Name: "Command and Control"}
	for _, c := range []struct {
		texts      []string
		tactics    []words.Tactic
		techniques []string
	}{
		{nil, nil, nil},
		{[]string{"", "windows", "T12", "T10599", "XT1059", "TA00021"}, nil, nil},
		{[]string{"TA0002", "T1059.001", "T1059"}, []words.Tactic{execution}, []string{"T1059.001", "T1059"}},
		{[]string{"ta0002", "t1059.001 - PowerShell", "T1059.001"}, []words.Tactic{execution}, []string{"T1059.001"}},
		{[]string{"attack.t1078", "attack.initial_access"}, []words.Tactic{access}, []string{"T1078"}},
		{[]string{"T1059.0011", "T1059.01"}, nil, []string{"T1059"}},
		{[]string{"TA0099"}, []words.Tactic{{ID: "TA0099"}}, nil},
		{[]string{"execution", "Initial Access, Execution; Command-and-Control"}, []words.Tactic{execution, access, control}, nil},
		{[]string{"Tactic: Execution (TA0002)", "TA0001/Initial Access"}, []words.Tactic{execution, access}, nil},
		{[]string{"execution time anomaly", "data collection", "impact assessment"}, nil, nil},
	} {
		of := words.AttackOf(c.texts)
		require.Equal(t, c.tactics, of.Tactics, c.texts)
		require.Equal(t, c.techniques, of.Techniques, c.texts)
	}
}
