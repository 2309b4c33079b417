// Tests of the questions that the controller commands ask on a terminal.

package cli

import (
	"strings"
	"testing"

	"capaboot/credentials"
)

// runOnTerminal runs "controller ARGS" on a terminal, and answers its question. With
// noAnswer, it expects no question.
func (m *managementCluster) runOnTerminal(answer string, code int, args ...string) (screen, stdout string) {
	m.t.Helper()
	environment := credentials.Environment{Home: m.home, Lookup: func(name string) (string, bool) { value, ok := m.environment[name]; return value, ok }}
	prompt := question
	if answer == noAnswer {
		prompt = ""
	}
	return terminalSession{environment, "", prompt, answer}.run(m.t, code, append([]string{"controller"}, args...)...)
}

func TestQuestionsAboutTheSecret(t *testing.T) {
	m := newManagementCluster(t, secretProfile)
	m.putDeployment("", "")
	m.AddUser(otherUser, otherARN)
	m.setBlob(profileOf(otherUser))
	update, zero := []string{"update-credentials", "--verify"}, []string{"zero-credentials"}
	for _, answer := range []string{"no", "y", "YES", "yes please", ctrlD, ctrlC} {
		for _, command := range [][]string{update, zero} {
			code, want := 1, "not confirmed: nothing was changed\n"
			if answer == ctrlC {
				code, want = 130, "error: interrupted\n"
			}
			screen, stdout := m.runOnTerminal(answer, code, command...)
			wantText(t, screen, want)
			if stdout != "" || len(m.patches()) != 0 || strings.Contains(screen, userSecret) {
				t.Errorf("%s, answered %q: stdout %q, %d patches:\n%s", command[0], answer, stdout, len(m.patches()), screen)
			}
		}
	}
	screen, stdout := m.runOnTerminal("yes", 0, update...)
	wantText(t, screen, "the controllers would use another account: 999988887777 instead of 123456789012")
	wantText(t, stdout, ": updated\n")
	m.wantSecret(profileOf(otherUser))
	m.runOnTerminal("yes", 0, zero...)
	m.wantSecret("\n")
	m.setBlob(secretProfile)
	m.runOnTerminal(noAnswer, 0, "update-credentials") // the account stays the same: no question
	m.wantSecret(secretProfile)
}
