// What is measured, and the budgets.

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"capaboot/internal/awsfolder"
)

// row is a line of the table.
type row struct {
	what string
	args []string
	peer bool // clusterawsadm has the command
	// runs is how often it is run, 0 for as often as asked for.
	runs int
	// do, if there is one, is run in place of the command, and returns what it took.
	do func(ctx context.Context, program string) (sample, error)
	// budget is what it may take at most.
	budget

	ours, others []sample
	skipped      string // why it was not measured
}

// budget is the limit of a row; what is zero has none.
type budget struct {
	wall, cpu time.Duration
	memory    float64 // MiB
	ratio     float64 // of clusterawsadm's wall time
	size      float64 // MB, of the file
}

// everything is a configuration that sets every field.
const everything = "testdata/configurations/everything.yaml"

// measure runs all commands, each in turn with the others, so that what slows the
// machine for a while slows all of them.
func (m *machine) measure(ctx context.Context, o options) ([]*row, error) {
	config, err := filepath.Abs(everything)
	if err != nil {
		return nil, err
	}
	template := []string{"bootstrap", "iam", "print-cloudformation-template"}
	rows := []*row{
		{what: "`version`", args: []string{"version"}, peer: true, budget: budget{ratio: 0.10, memory: 20}},
		{what: "`bootstrap credentials encode-as-profile`", args: []string{"bootstrap", "credentials", "encode-as-profile"}, peer: true, budget: budget{ratio: 0.10, memory: 20}},
		{what: "`bootstrap iam print-cloudformation-template`", args: template, peer: true, budget: budget{ratio: 0.13, memory: 20}},
		{what: "the same with a configuration that sets every field", args: append(template, "--config", config), budget: budget{memory: 20}},
		{what: "`policy explain ec2:RunInstances`", args: []string{"policy", "explain", "ec2:RunInstances"}, budget: budget{wall: 10 * time.Millisecond}},
		{what: "`policy simulate` of one action", args: []string{"policy", "simulate", "--role", "AWSIAMRoleControllers", "--action", "ec2:RunInstances"}, budget: budget{wall: 10 * time.Millisecond}},
		{what: "`policy diff release:v2.8.4 release:v2.11.1`", args: []string{"policy", "diff", "release:v2.8.4", "release:v2.11.1"}, budget: budget{wall: 10 * time.Millisecond}},
		{what: "`policy review` of the default configuration", args: []string{"policy", "review"}, budget: budget{wall: 20 * time.Millisecond}},
		m.managedPolicies(ctx),
		{what: "a deployment, beyond the time that CloudFormation takes", do: m.deploy, runs: 3, budget: budget{wall: 2 * time.Second}},
	}
	for i := range o.runs + 1 { // the first one warms up, and does not count
		for _, r := range rows {
			if r.skipped != "" || r.runs > 0 && i > r.runs {
				continue
			}
			if err := m.once(ctx, o, r, i > 0); err != nil {
				return nil, fmt.Errorf("%s: %w", r.what, err)
			}
		}
	}
	info, err := os.Stat(o.program)
	if err != nil {
		return nil, err
	}
	file := &row{what: "the binary", budget: budget{size: 32}, ours: []sample{{size: float64(info.Size()) / 1e6}}}
	if o.peer != "" {
		info, err := os.Stat(o.peer)
		if err != nil {
			return nil, err
		}
		file.peer, file.others = true, []sample{{size: float64(info.Size()) / 1e6}}
	}
	return append(rows, file), nil
}

// managedPolicies is the review of all policies that AWS manages.
func (m *machine) managedPolicies(ctx context.Context) *row {
	r := &row{what: "`policy review` of all AWS managed policies, as files", runs: 5, budget: budget{cpu: time.Second}}
	folder := filepath.Join(m.folder, "managed")
	err := os.Mkdir(folder, 0o700)
	if err == nil {
		err = awsfolder.Write(ctx, folder)
	}
	if err != nil {
		r.skipped = err.Error()
	}
	r.args = []string{"policy", "review", folder}
	return r
}

// once runs a row once: by us, then by the peer.
func (m *machine) once(ctx context.Context, o options, r *row, counts bool) error {
	do := r.do
	if do == nil {
		do = func(ctx context.Context, program string) (sample, error) { return m.process(ctx, program, r.args) }
	}
	s, err := do(ctx, o.program)
	if err != nil {
		return err
	}
	if counts {
		r.ours = append(r.ours, s)
	}
	if o.peer == "" || !r.peer {
		return nil
	}
	if s, err = do(ctx, o.peer); err != nil {
		return fmt.Errorf("the peer: %w", err)
	}
	if counts {
		r.others = append(r.others, s)
	}
	return nil
}
