// How use-pod-identity and use-irsa run: they print the plan, ask for
// confirmation, and carry out the steps.

package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"capaboot/controller"
	"capaboot/controller/move"
	"capaboot/credentials"
	"capaboot/internal/controllerview"
	"capaboot/internal/render"
	"capaboot/internal/shell"
	"capaboot/internal/terminal"
)

func (r *runner) showPlan(ctx context.Context, o moveOptions, plan *move.Plan) error {
	result, pods := controllerview.MovePlanned, []move.Pod(nil)
	if !plan.ChangesAnything() {
		result, pods = controllerview.MoveUnchanged, plan.Pods(plan.Installation, false)
	}
	for _, warning := range plan.Warnings {
		r.talk.Warn("%s", warning)
	}
	for _, hint := range o.managersHints(secretManagers(plan)) {
		r.talk.Hint("%s", hint)
	}
	return r.writeMove(ctx, o, controllerview.NewMove(plan, result, pods))
}

// secretManagers returns the tools about which the plan warns because they write
// the Secret.
func secretManagers(plan *move.Plan) (all []controller.Manager) {
	for _, warning := range plan.Warnings {
		if managed, ok := warning.(*move.ManagedSecret); ok {
			all = append(all, managed.Manager)
		}
	}
	return all
}

func (r *runner) writeMove(ctx context.Context, o moveOptions, m *controllerview.Move) error {
	text := []byte(m.Text())
	if o.format != "text" {
		var err error
		if text, err = render.Format(o.format, m); err != nil {
			return err
		}
	}
	return r.writeReport(ctx, o.format, text) // hides secrets: a problem may quote output of a container
}

// stoppedWriteTimeout is how long the report of a stopped move may take to write,
// because a pipe that is not read must not block an interrupted run.
const stoppedWriteTimeout = 2 * time.Second

// writeStopped writes the report of a move that stopped, even if ctx has ended.
// In that case it ignores an error of the write, because the run then reports the
// interruption or the timeout.
func (r *runner) writeStopped(ctx context.Context, o moveOptions, m *controllerview.Move) error {
	writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), stoppedWriteTimeout)
	defer cancel()
	err := r.writeMove(writing, o, m)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// reportBlocked writes the report of a plan that cannot be carried out, and
// returns the plan's problems, each with its hint if there is one.
func (r *runner) reportBlocked(ctx context.Context, o moveOptions, plan *move.Plan, account *credentials.Account) error {
	if err := r.writeMove(ctx, o, controllerview.NewMove(plan, controllerview.MoveBlocked, nil)); err != nil {
		return err
	}
	var all joinedErrors
	for _, problem := range plan.Problems() {
		all = append(all, o.withHint(problem, account))
	}
	return all
}

// carryOut asks for confirmation if the plan changes anything, and carries it out.
func (r *runner) carryOut(ctx context.Context, o moveOptions, mover move.Mover, plan *move.Plan, account *credentials.Account) error {
	if plan.ChangesAnything() {
		// With --yes and without a terminal, the plan is not shown in advance:
		// the progress and the result contain all of it.
		if !o.confirmed || r.questions.Possible() {
			for line := range strings.Lines(controllerview.NewMove(plan, controllerview.MovePlanned, nil).Text()) {
				if line != "\n" {
					r.talk.Say("%s", strings.TrimSuffix(line, "\n"))
				}
			}
		}
		reasons := []string{"the controllers will be restarted, and will then use the role"}
		for _, warning := range plan.Warnings {
			reasons = append(reasons, warning.Error())
		}
		if err := r.confirm(ctx, o.confirmed, reasons, o.managersHints(secretManagers(plan))...); err != nil {
			return err
		}
	} else {
		for _, warning := range plan.Warnings {
			r.talk.Warn("%s", warning)
		}
	}
	view := controllerview.NewMoveView(r.talk, plan, func() *terminal.Screen {
		if !terminal.Redraws(r.Stderr, r.Environment.Lookup) {
			return nil
		}
		return terminal.NewScreen(r.stderr, func() (int, int) { return terminal.Size(r.Stderr) })
	})
	mover.Observe = view.Observe
	result, err := mover.Apply(ctx, plan)
	view.Close()
	if err != nil {
		return r.reportStopped(ctx, o, plan, err, account)
	}
	outcome := controllerview.MoveDone
	if !result.Changed {
		outcome = controllerview.MoveUnchanged
	}
	if slices.ContainsFunc(result.Steps, func(s move.Step) bool { return s.Name == move.StepSecret && s.State == move.DoneNow }) {
		r.talk.Say("the access key that was in the Secret works until it is deleted or deactivated in IAM, or expires")
	}
	err = r.writeMove(ctx, o, controllerview.NewMove(plan, outcome, result.Pods))
	if !result.Changed {
		return err
	}
	return r.changeMadeError(err, "the move is complete", "controller status --cluster-name "+shell.Word(o.clusterName))
}
