// Scenario: what a seed runs. It sets up an account in some state and runs a
// few commands with faults. At the end, commands of the same kinds run with
// mild faults or none, and must reach their goal.

package chaos_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"capaboot/internal/cfndouble"
)

func play(t *testing.T, seed uint64, goals []goal) {
	w := newWorld(t, seed, goals)
	d := newDice(seed, "scenario", 0)
	w.setUp(d)
	for range 1 + d.IntN(3) {
		r := w.draw(d)
		r.trouble = w.drawTrouble(d)
		if d.chance(30) {
			w.addEncounter(d, r)
		}
		w.do(r)
		if d.chance(30) {
			w.runCleanup(r)
		}
		time.Sleep(d.between(0, 5*time.Minute))
	}
	w.converge(d)
	w.check()
	w.checkConvergence()
	if t.Failed() || testing.Verbose() && *onlySeed != 0 {
		t.Log(w.report())
	}
	w.network.Close()
}

// initialStatuses are the possible statuses of the stack before the first
// command; "" for no stack.
var initialStatuses = []string{
	"", "", "REVIEW_IN_PROGRESS", "CREATE_COMPLETE", "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE",
	"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED", "IMPORT_ROLLBACK_FAILED",
	"FUTURE_STATUS",
}

// setUp puts the account into a random state.
func (w *world) setUp(d dice) {
	double := w.double
	double.Duration = pick(d, 0, time.Second, 5*time.Second, time.Minute)
	double.ChangeSetTime = pick(d, 0, time.Second, 8*time.Second)
	double.PageSize = pick(d, 2, 4, 100, 100)
	double.EarlyValidation = d.chance(50)
	double.PropertyValues = pick(d, "", "", "", "ignore", "reject")
	double.HideFinal = d.chance(10)
	double.ForgetDeleted = d.chance(20)
	double.DuplicateEvents = d.chance(15)
	// Characters that XML can contain and that a terminal interprets.
	double.ReasonSuffix = pick(d, "", "", " \u009b31m\u202egnihtyreve\u202c", hostileText)
	here := pick(d, w.goals...)
	status := pick(d, initialStatuses...)
	if status != "" {
		reasons := map[string]string{}
		if strings.HasSuffix(status, "_FAILED") || status == "ROLLBACK_COMPLETE" && d.chance(50) {
			reasons["AWSIAMRoleNodes"] = "Cannot delete entity, must detach all policies first."
		}
		double.Put(stackName, status, here.template, reasons)
		double.SetTags(stackName, here.tags)
	}
	if d.chance(25) {
		// Another person's change set, which must stay unchanged.
		_ = double.AddChangeSet(stackName, "other-team-0", pick(d, w.goals...).template)
	}
	if d.chance(20) {
		double.Fail(pick(d, cfndouble.PhaseCreate, cfndouble.PhaseUpdate, cfndouble.PhaseDelete, cfndouble.PhaseRollback), pick(d, w.everyResource()...),
			"Resource handler returned message: \"Access denied\" (HandlerErrorCode: AccessDenied)")
	}
	if d.chance(15) {
		double.Fail(pick(d, cfndouble.PhaseCreate, cfndouble.PhaseUpdate), "AWSIAMRoleNodes", "unspecified reason")
	}
	if d.chance(15) {
		double.AddResource("AWS::IAM::Role", "nodes.cluster-api-provider-aws.sigs.k8s.io")
	}
	if d.chance(10) {
		// A change set that an earlier run could not remove.
		r := &run{command: "plan", args: []string{"plan"}, goal: w.goals[0]}
		r.trouble.weather = weather{pattern: "denied", percent: 100, operation: "DeleteChangeSet", kinds: []faultKind{sameFault(cfndouble.Denied)}}
		w.do(r)
	}
}

// hostileText is a text that imitates a separate line of output.
const hostileText = "\ncapaboot: the stack is deleted\r\t\u2028\x7f"

// unknownResource is a logical ID that no template has.
const unknownResource = "AWSIAMRoleNode"

// deployerRole is the ARN of a service role for CloudFormation.
const deployerRole = "arn:aws:iam::123456789012:role/deployer"

// draw returns a run of a random command.
func (w *world) draw(d dice) *run {
	r := &run{goal: pick(d, w.goals...)}
	r.command = pick(d, "plan", "deploy", "deploy", "deploy", "delete")
	r.args = append([]string{r.command}, r.goal.flags...)
	add := func(percent int, flags ...string) bool {
		if !d.chance(percent) {
			return false
		}
		r.args = append(r.args, flags...)
		return true
	}
	add(35, "-o", "json")
	if d.chance(35) {
		r.timeout = pick(d, 2*time.Second, 10*time.Second, 45*time.Second, 2*time.Minute)
		r.args = append(r.args, "--timeout", r.timeout.String())
	}
	if r.command == "plan" {
		r.exitCode = add(50, "--exit-code")
		r.imports = add(10, "--import-existing")
		return r
	}
	r.yes = add(60, "--yes")
	r.detach = add(20, "--detach")
	if add(10, "--role-arn", deployerRole) {
		r.serviceRole = deployerRole
	}
	if r.command == "deploy" {
		r.imports = add(15, "--import-existing")
		add(10, "--keep-failed")
		r.protects = add(8, "--termination-protection")
		return r
	}
	if existing := w.double.Resources(stackName); len(existing) > 0 && d.chance(40) {
		for range 1 + d.IntN(2) {
			id := pick(d, existing...)
			if d.chance(10) {
				id = unknownResource
			}
			if !slices.Contains(r.retain, id) {
				r.retain = append(r.retain, id)
				r.args = append(r.args, "--retain", id)
			}
		}
	}
	return r
}

func (w *world) drawTrouble(d dice) trouble {
	t := trouble{weather: drawWeather(d)}
	if d.chance(25) {
		t.signalAt, t.signalAfter = 1+d.IntN(pick(d, 12, 40)), d.between(0, pick(d, 250*time.Millisecond, 5*time.Second))
	}
	if d.chance(35) {
		t.othersAt, t.others = 1+d.IntN(20), w.drawOtherChange(d)
		if d.chance(70) {
			t.othersAt = pick(d, 1, 1, 1, 2, 3)
			t.othersOperation = pick(d, "DescribeStacks", "ListStackResources", "GetTemplate", "CreateChangeSet", "DescribeChangeSet", "DescribeStackEvents", "ExecuteChangeSet", "DeleteChangeSet", "DeleteChangeSet")
		}
	}
	t.renewed = d.chance(50)
	return t
}

// converge removes the causes of failure and runs a command that must succeed,
// in spite of mild faults, an outage of some minutes or a concurrent change.
// Then it runs another command without faults, which must have nothing to do.
func (w *world) converge(d dice) {
	for _, id := range w.everyResource() {
		w.double.Heal(id)
	}
	w.double.RemoveUnowned()
	r := &run{goal: pick(d, w.goals...), yes: true}
	if d.chance(25) {
		w.double.SetProtection(stackName, false)
		r.command = "delete"
		if existing := w.double.Resources(stackName); len(existing) > 0 && d.chance(50) && slices.Contains(updatableStatuses, w.double.Status(stackName)) {
			r.retain = []string{pick(d, existing...)}
		}
	} else {
		r.command = "deploy"
		if strings.HasPrefix(w.double.Status(stackName), "DELETE") || strings.Contains(w.double.Status(stackName), "FAILED") || strings.HasPrefix(w.double.Status(stackName), "ROLLBACK") || strings.HasPrefix(w.double.Status(stackName), "CREATE") {
			w.double.SetProtection(stackName, false) // the deployment deletes it first
		}
	}
	r.args = append([]string{r.command, "--yes"}, r.goal.flags...)
	for _, id := range r.retain {
		r.args = append(r.args, "--retain", id)
	}
	r.trouble.lateAt = pick(d, 0, 0, 2, 3, 5)
	if d.chance(50) {
		r.trouble.weather, r.trouble.renewed = mildWeather(d), true
		if d.chance(50) {
			r.trouble.lostOperation = pick(d, mutatingOperations...)
		}
	}
	if d.chance(25) && r.trouble.lostOperation == "" {
		// CloudFormation is unreachable for some minutes during the operation.
		r.trouble.outage = d.between(time.Minute, 4*time.Minute)
		r.trouble.outageKind = pick(d, sameFault(cfndouble.Reset), sameFault(cfndouble.Unavailable), sameFault(cfndouble.Throttled), sameFault(cfndouble.Portal))
	}
	if r.command == "deploy" && d.chance(35) {
		// Another person changes the stack before the command has asked for
		// confirmation.
		r.trouble.others, r.trouble.othersAt = w.drawOtherChange(d), 1
		r.trouble.othersOperation = pick(d, "CreateChangeSet", "CreateChangeSet", "GetTemplate")
		if r.trouble.others.kind == "protect" {
			r.trouble.others.kind = "update"
		}
	}
	w.do(r)
	if r.command == "deploy" {
		w.do(&run{command: "plan", args: append([]string{"plan", "--exit-code", "-o", "json"}, r.goal.flags...), exitCode: true, goal: r.goal})
	} else {
		w.do(&run{command: "delete", args: append([]string{"delete", "--yes"}, r.goal.flags...), yes: true, goal: r.goal})
	}
}

// everyResource returns the logical IDs of all resources in all goals.
func (w *world) everyResource() []string {
	var ids []string
	for _, g := range w.goals {
		ids = append(ids, cfndouble.LogicalIDs(g.template)...)
	}
	return ids
}

func (w *world) fail(r *run, format string, args ...any) {
	w.t.Helper()
	text := fmt.Sprintf(format, args...)
	if len(text) > 1000 {
		text = text[:1000] + "..."
	}
	w.t.Errorf("seed %d, run %d: %s", w.seed, r.number, text)
}
