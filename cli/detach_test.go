// Tests of --detach: it reports a start only when AWS confirmed it.

package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"capaboot/internal/cfndouble"
)

// TestDetachReportsConfirmedStarts breaks the request that starts a deployment
// or deletion: unless AWS confirmed it, neither the text nor the JSON may say
// that it started.
func TestDetachReportsConfirmedStarts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		fault   cfndouble.Fault
		started bool
	}{
		{"nothing is wrong", cfndouble.Fault{Operation: "none"}, true},
		{"one attempt fails", cfndouble.Fault{Kind: cfndouble.Unavailable, Times: 1}, true},
		{"one response is lost", cfndouble.Fault{Kind: cfndouble.Lost, Times: 1}, true},
		{"it is refused", cfndouble.Fault{Kind: cfndouble.Refused, Code: "AccessDenied", Message: "not authorized"}, false},
		{"the credentials expired", cfndouble.Fault{Kind: cfndouble.Expired}, false},
		{"a captive portal", cfndouble.Fault{Kind: cfndouble.Portal}, false},
		{"a proxy's page", cfndouble.Fault{Kind: cfndouble.HTML}, false},
		{"no connection", cfndouble.Fault{Kind: cfndouble.Reset}, false},
	} {
		for command, operation := range map[string]string{"deploy": "ExecuteChangeSet", "delete": "DeleteStack"} {
			for _, format := range []string{"text", "json"} {
				t.Run(test.name+"/"+command+"/"+format, func(t *testing.T) {
					t.Parallel()
					inBubble(t, func(t *testing.T, c *cloud) {
						if command == "delete" {
							c.do(t, 0, "deploy")
						}
						fault := test.fault
						if fault.Operation == "" {
							fault.Operation = operation
						}
						c.Break(fault)
						code := map[bool]int{true: 0, false: 1}[test.started]
						stdout, stderr := c.do(t, code, command, "--detach", "--yes", "-o", format)
						reported := strings.Contains(stderr, "capaboot: started")
						if reported != test.started || !test.started && stdout != "" {
							t.Errorf("stdout %q, stderr:\n%s", stdout, stderr)
						}
						if !test.started {
							return
						}
						if format == "text" && (!strings.HasPrefix(stdout, "arn:aws:cloudformation:") || strings.Count(stdout, "\n") != 1) {
							t.Errorf("stdout %q", stdout)
						}
						var got struct{ StackID, Result string }
						if err := json.Unmarshal([]byte(stdout), &got); format == "json" && (err != nil || got.Result != "started" || got.StackID == "") {
							t.Errorf("stdout %q: %v", stdout, err)
						}
					})
				})
			}
		}
	}
}
