// Runs and measures processes.

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"capaboot/internal/cfndouble"
)

// machine is the environment in which processes run.
type machine struct {
	folder      string
	environment []string
}

// sample has the figures of one run or of a file, or the medians of several runs.
type sample struct {
	wall, cpu time.Duration
	memory    float64 // maximum resident set size in MiB
	size      float64 // size of a file in MB
}

// keyVariables has the example keys of AWS's documentation. encode-as-profile
// encodes these keys instead of those in credentialsFile.
var keyVariables = []string{"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}

const credentialsFile = `[default]
aws_access_key_id = AKIAFALSEKEYEXAMPLE0
aws_secret_access_key = false/secret/EXAMPLE
region = eu-west-1
`

func newMachine(folder string) (*machine, error) {
	if err := os.Mkdir(filepath.Join(folder, ".aws"), 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(folder, ".aws", "credentials"), []byte(credentialsFile), 0o600); err != nil {
		return nil, err
	}
	// clusterawsadm reads the region only from the environment. No measured
	// command needs the network, so the proxy is a closed port.
	return &machine{folder: folder, environment: []string{
		"HOME=" + folder, "AWS_REGION=eu-west-1", "AWS_EC2_METADATA_DISABLED=true", "HTTPS_PROXY=http://127.0.0.1:9", "HTTP_PROXY=http://127.0.0.1:9", "NO_PROXY=127.0.0.1",
	}}, nil
}

func (m *machine) runProgram(ctx context.Context, program string, args []string, environment ...string) (sample, error) {
	command := exec.CommandContext(ctx, program, args...)
	command.Env = append(m.environment[:len(m.environment):len(m.environment)], environment...)
	command.Dir = m.folder
	var stderr bytes.Buffer
	command.Stderr = &stderr
	start := time.Now()
	err := command.Run()
	wall := time.Since(start)
	if err != nil {
		return sample{}, fmt.Errorf("%w\n%s", err, stderr.Bytes())
	}
	state := command.ProcessState
	return sample{wall: wall, cpu: state.UserTime() + state.SystemTime(), memory: peak(state)}, nil
}

// deploy deploys to a double of CloudFormation in which each resource takes a
// second. The wall time that it returns does not include the time that
// CloudFormation took.
func (m *machine) deploy(ctx context.Context, program string) (sample, error) {
	double := cfndouble.New()
	server := httptest.NewServer(double)
	defer server.Close()
	s, err := m.runProgram(ctx, program, []string{"bootstrap", "iam", "create-cloudformation-stack", "--yes"}, "AWS_ENDPOINT_URL="+server.URL)
	if err != nil {
		return sample{}, err
	}
	stack := ""
	for _, r := range double.Requests() {
		switch r.Operation {
		case "CreateChangeSet":
			stack = r.Form["StackName"]
		case "ExecuteChangeSet":
			s.wall -= double.ChangeSetTime + double.LastEventTime(stack).Sub(r.Time)
			return s, nil
		}
	}
	return sample{}, errors.New("the deployment executed no change set")
}
