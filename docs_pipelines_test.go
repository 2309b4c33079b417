// Tests of the manifests in docs/pipelines.md. docs_commands_test.go runs the
// commands of the page.

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// pipelineObject is an object in docs/pipelines.md.
type pipelineObject struct {
	Kind     string
	Metadata struct{ Name, Namespace string }
	Rules    []struct {
		APIGroups     []string `yaml:"apiGroups"`
		Resources     []string
		ResourceNames []string `yaml:"resourceNames"`
		Verbs         []string
	}
	Spec struct {
		JobTemplate struct {
			Spec struct {
				Template struct{ Spec podOfPipeline }
			}
		} `yaml:"jobTemplate"`
	}
}

// podOfPipeline is the pod of a CronJob in docs/pipelines.md.
type podOfPipeline struct {
	ServiceAccountName string `yaml:"serviceAccountName"`
	SecurityContext    struct {
		RunAsNonRoot bool `yaml:"runAsNonRoot"`
		RunAsUser    int  `yaml:"runAsUser"`
	} `yaml:"securityContext"`
	Containers []struct {
		Args            []string
		SecurityContext struct {
			ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
			AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
		} `yaml:"securityContext"`
		VolumeMounts []struct{ Name string } `yaml:"volumeMounts"`
	}
	Volumes []struct{ Name string }
}

func objectsOf(t *testing.T, page string) (all []pipelineObject) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocksOf(string(text), "yaml") {
		for documents := yaml.NewDecoder(strings.NewReader(b.text)); ; {
			var o pipelineObject
			err := documents.Decode(&o)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v:\n%s", page, err, b.text)
			}
			if o.Kind != "" {
				all = append(all, o)
			}
		}
	}
	return all
}

// rulesOf returns a line for each verb on each resource.
func (o pipelineObject) rulesOf() (all []string) {
	for _, rule := range o.Rules {
		for _, resource := range rule.Resources {
			for _, verb := range rule.Verbs {
				all = append(all, fmt.Sprint(rule.APIGroups, resource, rule.ResourceNames, verb))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestPipelineJobs checks that each CronJob runs a command that the page shows and
// tests, without root and without a writable file system, and that the Role of the
// rotation has the rules that its commands need.
func TestPipelineJobs(t *testing.T) {
	const page = "docs/pipelines.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for _, b := range blocksOf(string(text), "sh") {
		commands = append(commands, strings.Split(b.text, "\n")...)
	}
	accounts, jobs := map[string]bool{}, 0
	objects := objectsOf(t, page)
	for _, o := range objects {
		accounts[o.Metadata.Namespace+"/"+o.Metadata.Name] = accounts[o.Metadata.Namespace+"/"+o.Metadata.Name] || o.Kind == "ServiceAccount"
	}
	for _, o := range objects {
		if o.Kind != "CronJob" {
			continue
		}
		jobs++
		pod := o.Spec.JobTemplate.Spec.Template.Spec
		if !accounts[o.Metadata.Namespace+"/"+pod.ServiceAccountName] || !pod.SecurityContext.RunAsNonRoot || pod.SecurityContext.RunAsUser != 65532 || len(pod.Containers) != 1 {
			t.Fatalf("%s: %+v", o.Metadata.Name, pod)
		}
		container := pod.Containers[0]
		if command := "capaboot " + strings.Join(container.Args, " "); !slices.Contains(commands, command) {
			t.Errorf("%s: the page does not show and test %s", o.Metadata.Name, command)
		}
		if slices.Contains(container.Args, "update-credentials") && !slices.Contains(container.Args, "--verify") {
			t.Errorf("%s: without --verify, the accounts of temporary keys are unknown, and another account needs no confirmation", o.Metadata.Name)
		}
		if escalation := container.SecurityContext.AllowPrivilegeEscalation; !container.SecurityContext.ReadOnlyRootFilesystem || escalation == nil || *escalation {
			t.Errorf("%s: %+v", o.Metadata.Name, container.SecurityContext)
		}
		for _, mount := range container.VolumeMounts {
			if !slices.ContainsFunc(pod.Volumes, func(v struct{ Name string }) bool { return v.Name == mount.Name }) {
				t.Errorf("%s: there is no volume %s", o.Metadata.Name, mount.Name)
			}
		}
	}
	if jobs != 2 {
		t.Errorf("%d CronJobs, want 2", jobs)
	}

	var got, want []string
	for _, o := range objects {
		if o.Kind == "Role" {
			got = o.rulesOf()
		}
	}
	for _, o := range objectsOf(t, "docs/management-cluster.md") {
		if o.Metadata.Name == "capaboot-update-credentials" || o.Metadata.Name == "capaboot-rollout-controller" {
			want = append(want, o.rulesOf()...)
		}
	}
	slices.Sort(want)
	if want = slices.Compact(want); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("the Role of the rotation allows\n%s\nthe commands need\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
