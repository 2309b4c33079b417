// Tests of interrupted and timed-out waits, changes by others, refused requests,
// and flags of a deployment: the messages, the exit code, and what was changed.

package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"capaboot/internal/cfndouble"
)

// screen is a stderr that calls onText each time the text waitFor appears.
type screen struct {
	mu      sync.Mutex
	text    bytes.Buffer
	waitFor string
	onText  func() // nil after the last call
	more    int    // maximum number of calls after the first
	seen    int    // number of calls
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(b)
	if s.onText != nil && strings.Count(s.text.String(), s.waitFor) > s.seen {
		s.onText()
		if s.seen++; s.seen > s.more {
			s.onText = nil
		}
	}
	return len(b), nil
}

// whenShown runs a command, calls interrupt as soon as the command's stderr has
// the text, and checks the exit code. stop ends the command, as Ctrl-C does.
func (c *cloud) whenShown(t *testing.T, text string, interrupt func(stop func()), code int, args ...string) (stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out bytes.Buffer
	stderrScreen := &screen{waitFor: text, onText: func() { interrupt(cancel) }}
	got := Run(ctx, Process{
		Args: append([]string{"capaboot", "bootstrap", "iam"}, args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: stderrScreen,
		Environment: c.commandEnvironment(),
	})
	if got != code || stderrScreen.onText != nil {
		t.Fatalf("%v: exit code %d, want %d; stderr without %q:\n%s", args, got, code, text, stderrScreen.text.String())
	}
	return out.String(), stderrScreen.text.String()
}

func TestInterruptedWait(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, c *cloud) {
		c.Duration = 2 * time.Second
		stdout, stderr := c.whenShown(t, "CREATE_IN_PROGRESS "+stackName, func(stop func()) { stop() }, 130, "deploy")
		wantText(t, stderr, "capaboot: stack "+stackName+" is CREATE_IN_PROGRESS\n", "capaboot: error: interrupted\n",
			"capaboot: hint: CloudFormation continues without this command; to follow the stack, run the same command again\n")
		if stdout != "" || !slices.Equal(c.stackChanges(), []string{"ExecuteChangeSet"}) {
			t.Errorf("stdout %q, requests that change something: %v", stdout, c.stackChanges())
		}
		_, stderr = c.do(t, 0, "deploy")
		wantText(t, stderr, "is CREATE_IN_PROGRESS: waiting for the end of this operation first", "CREATE_COMPLETE AWSIAMRoleNodes", "no changes: stack "+stackName)
		if n := len(c.stackChanges()); n != 1 {
			t.Errorf("following makes requests that change something: %v", c.stackChanges())
		}
	})
}

func TestTimedOutWait(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, c *cloud) {
		c.Duration = 3 * time.Minute
		start := time.Now()
		_, stderr := c.do(t, 1, "deploy", "--timeout", "2m")
		if elapsed := time.Since(start); elapsed != 2*time.Minute {
			t.Errorf("the wait took %v", elapsed)
		}
		wantText(t, stderr, "capaboot: error: timed out after 2m: stack "+stackName+" is still CREATE_IN_PROGRESS\n",
			"CloudFormation continues without this command")
		if !slices.Equal(c.stackChanges(), []string{"ExecuteChangeSet"}) {
			t.Errorf("requests that change something: %v", c.stackChanges())
		}
		c.do(t, 2, "deploy", "--timeout", "0s")
		c.do(t, 2, "deploy", "--timeout", "soon")
	})
}

func TestDeletedDuringTheWait(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, c *cloud) {
		c.Durations["AWSIAMRoleNodes"] = 5 * time.Second
		_, stderr := c.whenShown(t, "CREATE_IN_PROGRESS "+stackName, func(func()) { c.StartDeletion(stackName) }, 1, "deploy")
		wantText(t, stderr, "capaboot: error: stack "+stackName+" was deleted while this command waited for it\n", "capaboot: hint: someone else deleted the stack")
		if !slices.Equal(c.stackChanges(), []string{"ExecuteChangeSet"}) {
			t.Errorf("requests that change something: %v", c.stackChanges())
		}
	})
}

// TestConcurrentDeployments checks that both of two deployments succeed, and that
// only one of them executes its change set. Before the execution, one deployment
// may delete the stack while the stack is empty; the test ignores that deletion.
func TestConcurrentDeployments(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, c *cloud) {
		c.Duration, c.ChangeSetTime = 500*time.Millisecond, time.Second
		var deployments sync.WaitGroup
		for range 2 {
			deployments.Go(func() {
				_, stderr, code := runWithTransport(t, c.transport, c.environment, strings.NewReader(""), "bootstrap", "iam", "deploy")
				if code != 0 {
					t.Errorf("exit code %d: %s", code, stderr)
				}
			})
		}
		deployments.Wait()
		changes := slices.DeleteFunc(c.stackChanges(), func(operation string) bool { return operation == "DeleteStack" })
		if last := c.stackChanges()[len(c.stackChanges())-1]; len(changes) != 1 || last != "ExecuteChangeSet" || c.Status(stackName) != "CREATE_COMPLETE" {
			t.Errorf("the stack is %s after %v", c.Status(stackName), c.stackChanges())
		}
	})
}

// TestYesIsForTheFirstPlan checks that --yes does not confirm a plan that
// differs from the first one.
func TestYesIsForTheFirstPlan(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	template := c.Template(stackName)
	before := len(c.stackChanges())
	changed := false
	c.OnRequest(func(r cfndouble.Request) {
		if r.Operation == "ExecuteChangeSet" && !changed {
			changed = true
			c.StartUpdate(stackName, strings.Replace(template, `"Resources":{`, `"Resources":{"New":{"Type":"AWS::IAM::Role"},`, 1))
		}
	})
	config := c.config(t, "  controlPlane:\n    disableCloudProviderPolicy: true\n")
	_, stderr := c.do(t, 1, "deploy", "--yes", config)
	wantText(t, stderr, "someone else changed the stack after the first plan", "New", "nothing was changed",
		"capaboot: hint: check the new plan, then run the command again\n")
	if strings.Contains(stderr, "again with --yes") || len(c.stackChanges()) != before {
		t.Errorf("changed: %v, stderr:\n%s", c.stackChanges()[before:], stderr)
	}
}

func TestFailedUpdate(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	config := c.config(t, "  nodes:\n    tags: {team: a}\n")
	c.Fail(cfndouble.PhaseUpdate, "AWSIAMRoleNodes", "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: iam:TagRole on resource: role nodes.x because no identity-based policy allows the iam:TagRole action")
	stdout, stderr := c.do(t, 1, "deploy", config)
	wantText(t, stderr, "capaboot: error: updating stack "+stackName+": AWS::IAM::Role AWSIAMRoleNodes (nodes.cluster-api-provider-aws.sigs.k8s.io) is UPDATE_FAILED: User: arn:aws:iam::123456789012:user/ann is not authorized to perform: iam:TagRole",
		"the stack is UPDATE_ROLLBACK_COMPLETE", "capaboot: hint: give arn:aws:iam::123456789012:user/ann a policy that allows iam:TagRole")
	if stdout != "" {
		t.Errorf("stdout: %s", stdout)
	}
	c.Heal("AWSIAMRoleNodes")
	_, stderr = c.do(t, 0, "deploy", config)
	wantText(t, stderr, "is updated")
}

// TestRefusedRequests refuses one request of a deployment in each case. The
// error must have the reason and a hint, nothing may be left behind, and the
// next deployment must succeed.
func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		operation, code, message string
		parts                    []string
	}{
		{"CreateChangeSet", "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]", []string{"error: planning stack " + stackName + ": Requires capabilities", "hint: the template creates named IAM resources"}},
		{"CreateChangeSet", "AccessDenied", "User: arn:aws:iam::1:user/ann is not authorized to perform: cloudformation:CreateChangeSet on resource: arn:aws:cloudformation:eu-west-1:1:stack/x/* with an explicit deny in a service control policy", []string{"user/ann is not authorized", "hint: a service control policy of the organization forbids cloudformation:CreateChangeSet"}},
		{"ExecuteChangeSet", "AccessDenied", "User: arn:aws:iam::1:user/ann is not authorized to perform: cloudformation:ExecuteChangeSet on resource: x", []string{"error: creating stack", "hint: give arn:aws:iam::1:user/ann a policy that allows cloudformation:ExecuteChangeSet"}},
		{"CreateChangeSet", "ValidationError", "Role arn:aws:iam::1:role/cfn is invalid or cannot be assumed", []string{"hint: CloudFormation cannot use the role arn:aws:iam::1:role/cfn"}},
		{"CreateChangeSet", "LimitExceededException", "ChangeSet limit exceeded", []string{"ChangeSet limit exceeded", "hint: a quota is reached, as the error says"}},
		{"DescribeStacks", "InvalidClientTokenId", "The security token included in the request is invalid.", []string{"error: describing stack", "hint: get new credentials"}},
		{"DescribeStacks", "OptInRequired", "The AWS Access Key Id needs a subscription for the service", []string{"needs a subscription"}},
	} {
		t.Run(test.operation+" "+test.code, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			c.Break(cfndouble.Fault{Operation: test.operation, Kind: cfndouble.Refused, Code: test.code, Message: test.message})
			stdout, stderr := c.do(t, 1, "deploy")
			wantText(t, stderr, test.parts...)
			// The empty stack that the change set created is deleted again.
			if stdout != "" || slices.Contains(c.stackChanges(), "ExecuteChangeSet") || len(c.ChangeSets()) != 0 || len(c.AccountResources()) != 0 {
				t.Errorf("stdout %q; changed: %v, left: %v %v", stdout, c.stackChanges(), c.ChangeSets(), c.AccountResources())
			}
			c.RemoveFaults()
			_, stderr = c.do(t, 0, "deploy")
			wantText(t, stderr, "is created")
		})
	}
}

func TestChangeSetsWithoutChanges(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	before := len(c.stackChanges())
	c.Break(cfndouble.Fault{Operation: "CreateChangeSet", Kind: cfndouble.Refused, Code: "ValidationError", Message: "No updates are to be performed."})
	_, stderr := c.do(t, 0, "deploy")
	wantText(t, stderr, "no changes: stack "+stackName)
	stdout, _ := c.do(t, 0, "plan", "--exit-code")
	wantText(t, stdout, "no changes\n")
	if len(c.stackChanges()) != before {
		t.Errorf("requests that change something: %v", c.stackChanges()[before:])
	}
}

func TestRetriesDuringTheWait(t *testing.T) {
	t.Parallel()
	for _, kind := range []cfndouble.FaultKind{cfndouble.Unavailable, cfndouble.Throttled, cfndouble.Reset, cfndouble.HTML, cfndouble.Portal} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, c *cloud) {
				c.Durations["AWSIAMRoleNodes"] = time.Second
				c.Break(cfndouble.Fault{Operation: "DescribeStackEvents", Kind: kind, Skip: 1, Times: 2})
				stdout, stderr := c.do(t, 0, "deploy")
				wantText(t, stderr, "trying again in", "is created")
				wantText(t, stdout, "AWSIAMRoleNodes")
				if strings.Contains(stderr, "<html") {
					t.Errorf("stderr has HTML:\n%s", stderr)
				}
			})
		})
	}
}

// TestServiceMessagesCannotControlTheTerminal puts escape sequences into the
// messages of the service: none may reach stderr.
func TestServiceMessagesCannotControlTheTerminal(t *testing.T) {
	t.Parallel()
	const evil = "bad \x1b[31mred\u202e\u009b2J\r\nnext `code` | cell"
	c := newCloud(t)
	c.Break(cfndouble.Fault{Operation: "ExecuteChangeSet", Kind: cfndouble.Refused, Code: "ValidationError", Message: evil})
	_, stderr := c.do(t, 1, "deploy")
	c.RemoveFaults()
	c.Fail(cfndouble.PhaseCreate, "AWSIAMRoleNodes", "a \u202e\u0085b")
	_, other := c.do(t, 1, "deploy")
	for _, text := range []string{stderr, other} {
		if strings.ContainsAny(text, "\x1b\u202e\u009b\r\u0085") {
			t.Errorf("%q", text)
		}
	}
}

func TestImportExisting(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.AddResource("AWS::IAM::Role", "nodes.cluster-api-provider-aws.sigs.k8s.io")
	_, stderr := c.do(t, 1, "deploy")
	wantText(t, stderr, "error: creating stack "+stackName+": AWS::IAM::Role AWSIAMRoleNodes", "already exists", "--import-existing")
	if names := c.AccountResources(); len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
	stdout, _ := c.do(t, 0, "plan", "--import-existing")
	wantText(t, stdout, "1 to import, 10 to add", "+ import  AWSIAMRoleNodes", "note: an imported resource may keep permissions and settings")
	_, stderr = c.do(t, 0, "deploy", "--import-existing")
	wantText(t, stderr, "is created")
	// A resource that was imported is reported as kept when its stack is
	// deleted.
	_, stderr = c.do(t, 0, "delete", "--yes")
	wantText(t, stderr, "kept: AWSIAMRoleNodes (AWS::IAM::Role nodes.cluster-api-provider-aws.sigs.k8s.io)")
}

func TestKeepFailed(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Fail(cfndouble.PhaseCreate, "AWSIAMManagedPolicyControllers", "Rate exceeded")
	_, stderr := c.do(t, 1, "deploy", "--keep-failed")
	wantText(t, stderr, "the stack is CREATE_FAILED")
	c.Heal("AWSIAMManagedPolicyControllers")
	before := len(c.stackChanges())
	_, stderr = c.do(t, 1, "deploy")
	wantText(t, stderr, "is CREATE_FAILED: the command deletes and recreates the stack, which still has:", "nothing was changed")
	if len(c.stackChanges()) != before {
		t.Errorf("requests that change something: %v", c.stackChanges()[before:])
	}
	_, stderr = c.do(t, 0, "deploy", "--yes")
	wantText(t, stderr, "deleting and recreating it", "is created")
}

func TestRetainingNeedsConfirmation(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	before := len(c.stackChanges())
	_, stderr := c.do(t, 1, "delete", "--retain", "AWSIAMRoleNodes")
	wantText(t, stderr, "  kept: AWSIAMRoleNodes (AWS::IAM::Role nodes.cluster-api-provider-aws.sigs.k8s.io)\n",
		"before the deletion, an update of the stack sets DeletionPolicy Retain for AWSIAMRoleNodes, and changes nothing else\n", "nothing was changed")
	if len(c.stackChanges()) != before {
		t.Errorf("requests that change something: %v", c.stackChanges()[before:])
	}
}

func TestTheRegionOfAProfile(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	delete(c.environment, "AWS_REGION")
	path := filepath.Join(c.folder, "aws-config")
	if err := os.WriteFile(path, []byte("[profile team]\nregion = ap-southeast-2\naws_access_key_id = AKIAFALSEKEYEXAMPLE0\naws_secret_access_key = FALSESECRETOFTHETEST\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.environment["AWS_CONFIG_FILE"] = path
	_, stderr := c.do(t, 0, "plan", "--profile", "team", c.config(t, "  region: eu-central-1\n"))
	wantText(t, stderr, "region ap-southeast-2")
}

func TestTooLargeTemplate(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	var spec strings.Builder
	spec.WriteString("  nodes:\n    extraStatements:\n")
	for range 400 {
		spec.WriteString("    - {Effect: Allow, Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::" + strings.Repeat("bucket", 10) + "/*']}\n")
	}
	_, stderr := c.do(t, 2, "deploy", c.config(t, spec.String()))
	if !regexp.MustCompile(`the template would have 6\d{4} bytes; allowed: 51200`).MatchString(stderr) {
		t.Errorf("the error does not say how large the template is: %s", stderr)
	}
	if len(c.Requests()) != 0 {
		t.Errorf("%d requests", len(c.Requests()))
	}
}

// TestInterruptedAfterTheEnd checks that an interrupt after the end of the
// deployment still reports that the stack is complete.
func TestInterruptedAfterTheEnd(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, c *cloud) {
		ctx, cancel := context.WithCancel(t.Context())
		c.OnRequest(func(r cfndouble.Request) {
			if r.Operation == "ListStackResources" {
				cancel()
			}
		})
		var stdout, stderr bytes.Buffer
		code := Run(ctx, Process{Args: []string{"capaboot", "bootstrap", "iam", "deploy"}, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Environment: c.commandEnvironment()})
		if code != 130 || stdout.Len() > 0 {
			t.Errorf("exit code %d, stdout %q", code, &stdout)
		}
		wantText(t, stderr.String(), "capaboot: stack "+stackName+" is created\ncapaboot: error: interrupted\n")
	})
}
