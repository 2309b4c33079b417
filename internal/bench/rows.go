// The rows of the table, and the budgets.

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"capaboot/internal/awsfolder"
)

type row struct {
	title string
	args  []string
	// environment has variables for the command, in addition to those of the
	// machine.
	environment []string
	hasPeer     bool // whether clusterawsadm has the command
	// runs is the maximum number of measured runs of the command. 0 means the
	// value of -runs, which is a maximum for every row.
	runs int
	// measure, if set, runs instead of the command and returns the measurement.
	measure func(ctx context.Context, program string) (sample, error)
	// budget is the limit for the medians.
	budget

	ourSamples, peerSamples []sample
	skipped                 string // why it was not measured
}

// budget is the limit of a row. Zero means no limit.
type budget struct {
	wall, cpu time.Duration
	memory    float64 // MiB
	ratio     float64 // relative to the wall time of clusterawsadm
	size      float64 // size of the file in MB
}

// everythingPath is the path of a configuration that sets most fields.
const everythingPath = "testdata/configurations/everything.yaml"

// measure runs all commands alternately, so that a temporary slowdown of the
// machine affects all of them.
func (m *machine) measure(ctx context.Context, o options) ([]*row, error) {
	config, err := filepath.Abs(everythingPath)
	if err != nil {
		return nil, err
	}
	encode := []string{"bootstrap", "credentials", "encode-as-profile"}
	template := []string{"bootstrap", "iam", "print-cloudformation-template"}
	rows := []*row{
		{title: "`version`", args: []string{"version"}, hasPeer: true, budget: budget{ratio: 0.10, memory: 20}},
		{title: "`bootstrap credentials encode-as-profile`", args: encode, environment: keyVariables, hasPeer: true, budget: budget{ratio: 0.10, memory: 20}},
		{title: "`bootstrap iam print-cloudformation-template`", args: template, hasPeer: true, budget: budget{ratio: 0.13, memory: 20}},
		{title: "`encode-as-profile` of a profile in a file", args: encode, hasPeer: true, budget: budget{memory: 20}},
		{title: "`print-cloudformation-template` with a configuration that sets most fields", args: append(template, "--config", config), budget: budget{memory: 20}},
		{title: "`policy explain ec2:RunInstances`", args: []string{"policy", "explain", "ec2:RunInstances"}, budget: budget{wall: 10 * time.Millisecond}},
		{title: "`policy simulate` of one action", args: []string{"policy", "simulate", "--role", "AWSIAMRoleControllers", "--action", "ec2:RunInstances"}, budget: budget{wall: 10 * time.Millisecond}},
		{title: "`policy diff release:v2.8.4 release:v2.11.1`", args: []string{"policy", "diff", "release:v2.8.4", "release:v2.11.1"}, budget: budget{wall: 10 * time.Millisecond}},
		{title: "`policy review` of the default configuration", args: []string{"policy", "review"}, budget: budget{wall: 20 * time.Millisecond}},
		m.managedPolicies(ctx),
		{title: "a deployment, beyond the time that CloudFormation takes", measure: m.deploy, runs: 3, budget: budget{wall: 2 * time.Second}},
	}
	for i := range o.runs + 1 { // the first run is a warm-up and does not count
		for _, r := range rows {
			if r.skipped != "" || r.runs > 0 && i > r.runs {
				continue
			}
			if err := m.measureOnce(ctx, o, r, i > 0); err != nil {
				return nil, fmt.Errorf("%s: %w", r.title, err)
			}
		}
	}
	info, err := os.Stat(o.program)
	if err != nil {
		return nil, err
	}
	file := &row{title: "the binary", budget: budget{size: 32}, ourSamples: []sample{{size: float64(info.Size()) / 1e6}}}
	if o.peer != "" {
		info, err := os.Stat(o.peer)
		if err != nil {
			return nil, err
		}
		file.hasPeer, file.peerSamples = true, []sample{{size: float64(info.Size()) / 1e6}}
	}
	return append(rows, file), nil
}

// managedPolicies returns the row for a review of all AWS managed policies.
func (m *machine) managedPolicies(ctx context.Context) *row {
	r := &row{title: "`policy review` of all AWS managed policies, as files", runs: 5, budget: budget{cpu: time.Second}}
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

// measureOnce runs the command of a row once: with our program, then with
// clusterawsadm. It keeps the measurements only if counts is true.
func (m *machine) measureOnce(ctx context.Context, o options, r *row, counts bool) error {
	measure := r.measure
	if measure == nil {
		measure = func(ctx context.Context, program string) (sample, error) {
			return m.runProgram(ctx, program, r.args, r.environment...)
		}
	}
	s, err := measure(ctx, o.program)
	if err != nil {
		return err
	}
	if counts {
		r.ourSamples = append(r.ourSamples, s)
	}
	if o.peer == "" || !r.hasPeer {
		return nil
	}
	if s, err = measure(ctx, o.peer); err != nil {
		return fmt.Errorf("clusterawsadm: %w", err)
	}
	if counts {
		r.peerSamples = append(r.peerSamples, s)
	}
	return nil
}
