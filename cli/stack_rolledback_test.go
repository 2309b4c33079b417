// Tests of "check" and "verify" on a stack whose last operation failed.

package cli

import (
	"strings"
	"testing"
)

// TestVerifyAfterARollback checks that verify does not count the status of a
// stack that was rolled back as a difference, because no command could remove
// it. Verify still counts other failures.
func TestVerifyAfterARollback(t *testing.T) {
	t.Parallel()
	for status, isSame := range map[string]bool{"UPDATE_ROLLBACK_COMPLETE": true, "IMPORT_ROLLBACK_COMPLETE": true, "UPDATE_FAILED": false, "UPDATE_ROLLBACK_FAILED": false} {
		c := newCloud(t)
		template, _ := c.do(t, 0, "print-cloudformation-template", "-o", "json")
		c.Put(stackName, status, template, nil)
		code := 3
		if isSame {
			code = 0
		}
		stdout, _ := c.do(t, code, "verify", "--exit-code")
		const note = ": the last operation on the stack"
		if strings.Contains(stdout, "everything is as configured\n") != isSame || strings.Contains(stdout, "note: the stack is "+status+note) != isSame || strings.Contains(stdout, "~ the stack is "+status) == isSame {
			t.Errorf("%s: %s", status, stdout)
		}
		stdout, _ = c.do(t, code, "verify", "--exit-code", "-o", "json")
		checkSchema(t, "verify", "stack-verify", stdout)
		wantText(t, stdout, `"stackStatus": "`+status+`"`)
		stdout, _ = c.do(t, code, "verify", "--exit-code", "-o", "sarif")
		wantText(t, stdout, "is "+status)
		stdout, _ = c.do(t, code, "verify", "--exit-code", "-o", "markdown")
		wantText(t, stdout, strings.ReplaceAll(status, "_", "\\_"))
		if isSame {
			stdout, _ = c.do(t, 0, "plan", "--exit-code")
			wantText(t, stdout, "no changes\n")
		}
	}
}

// "check" says that a deployment repairs the stack and asks for confirmation, but only
// in the states in which it does.
func TestCheckAnnouncesRepairs(t *testing.T) {
	t.Parallel()
	const repaired, recreated = `: "deploy" says how it repairs the stack, and asks for confirmation`, ` and has no resources: "deploy" deletes and recreates it`
	const ready = "; a stack policy, which capaboot does not read, can deny updates"
	for status, want := range map[string]string{"UPDATE_ROLLBACK_COMPLETE": ready, "UPDATE_FAILED": ready, "IMPORT_ROLLBACK_COMPLETE": ready, "UPDATE_COMPLETE": ready,
		"ROLLBACK_COMPLETE": recreated, "CREATE_FAILED": repaired, "ROLLBACK_FAILED": repaired, "DELETE_FAILED": repaired, "UPDATE_ROLLBACK_FAILED": repaired} {
		c := newCloud(t)
		template, _ := c.do(t, 0, "print-cloudformation-template", "-o", "json")
		c.Put(stackName, status, template, nil)
		stdout, _ := c.do(t, 0, "check", "--skip", "permissions")
		if text := strings.Join(strings.Fields(stdout), " "); !strings.Contains(text, "is "+status+want) {
			t.Errorf("%s: want %q\n%s", status, want, stdout)
		}
	}
}
