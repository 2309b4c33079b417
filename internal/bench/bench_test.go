// Package bench measures the program as its users run it: whole processes,
// and the size of the binary. "make bench" runs it; nothing here is a test.
package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"capaboot/internal/awsfolder"
)

// build builds the program as the Makefile does, with its tags, and returns its
// path.
func build(b *testing.B) string {
	b.Helper()
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		b.Fatal(err)
	}
	tags := regexp.MustCompile(`(?m)^TAGS\s*:=\s*(\S+)$`).FindSubmatch(makefile)
	if tags == nil {
		b.Fatal("the Makefile has no TAGS")
	}
	path := filepath.Join(b.TempDir(), "capaboot")
	command := exec.Command("go", "build", "-trimpath", "-tags", string(tags[1]), "-ldflags", "-s -w", "-o", path, "capaboot")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		b.Fatalf("building: %v\n%s", err, out)
	}
	return path
}

func BenchmarkProcess(b *testing.B) {
	program := build(b)
	home := b.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
		b.Fatal(err)
	}
	profile := "[default]\naws_access_key_id = AKIAFALSEKEYEXAMPLE0\naws_secret_access_key = false/secret/EXAMPLE\nregion = eu-west-1\n"
	if err := os.WriteFile(filepath.Join(home, ".aws", "credentials"), []byte(profile), 0o600); err != nil {
		b.Fatal(err)
	}
	everything, err := filepath.Abs("../../testdata/configurations/everything.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
	}{
		{"version", []string{"version"}},
		{"print-cloudformation-template", []string{"bootstrap", "iam", "print-cloudformation-template"}},
		{"print-cloudformation-template-everything", []string{"bootstrap", "iam", "print-cloudformation-template", "--config", everything}},
		{"encode-as-profile", []string{"bootstrap", "credentials", "encode-as-profile"}},
		{"policy-review", []string{"policy", "review"}},
		{"policy-diff", []string{"policy", "diff", "release:v2.8.4", "release:v2.11.1"}},
		{"policy-explain", []string{"policy", "explain", "ec2:RunInstances"}},
		{"policy-simulate", []string{"policy", "simulate", "--role", "AWSIAMRoleControllers", "--action", "ec2:RunInstances"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			environment := []string{"HOME=" + home}
			var times []time.Duration
			for b.Loop() {
				command := exec.Command(program, c.args...)
				command.Env = environment
				start := time.Now()
				if err := command.Run(); err != nil {
					b.Fatal(err)
				}
				times = append(times, time.Since(start))
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "ms-median")
			b.ReportMetric(float64(times[len(times)-1].Microseconds())/1000, "ms-max")
			b.ReportMetric(peak(b, environment, program, c.args), "MiB-peak")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkReviewOfFolders reviews all AWS managed policies as files of one
// folder, then half of them, so that the growth shows. A run takes long enough
// to be measured a few times only, whatever -benchtime says.
func BenchmarkReviewOfFolders(b *testing.B) {
	program := build(b)
	whole, half := awsfolder.Make(b), b.TempDir()
	files, err := os.ReadDir(whole)
	if err != nil {
		b.Fatal(err)
	}
	for i, file := range files {
		if i%2 == 0 {
			if err := os.Link(filepath.Join(whole, file.Name()), filepath.Join(half, file.Name())); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name, folder string
		policies     int
	}{{"all", whole, len(files)}, {"half", half, (len(files) + 1) / 2}} {
		b.Run(c.name, func(b *testing.B) {
			args := []string{"policy", "review", c.folder}
			var times []time.Duration
			for range 5 {
				command := exec.Command(program, args...)
				command.Env = []string{"HOME=" + half}
				start := time.Now()
				if err := command.Run(); err != nil {
					b.Fatal(err)
				}
				times = append(times, time.Since(start))
			}
			for b.Loop() {
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "ms-median")
			b.ReportMetric(peak(b, []string{"HOME=" + half}, program, args), "MiB-peak")
			b.ReportMetric(float64(c.policies), "policies")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// peak returns the largest resident size of a run. It is read by time(1): a
// process that Go starts counts the size of the one that started it.
func peak(b *testing.B, environment []string, program string, args []string) float64 {
	timer, err := exec.LookPath("time")
	if err != nil {
		b.Log("no peak memory: time(1) is not installed")
		return 0
	}
	report := filepath.Join(b.TempDir(), "peak")
	command := exec.Command(timer, append([]string{"-f", "%M", "-o", report, program}, args...)...)
	command.Env = environment
	if err := command.Run(); err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile(report)
	if err != nil {
		b.Fatal(err)
	}
	kib, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		b.Fatal(err)
	}
	return float64(kib) / 1024
}

func BenchmarkBinary(b *testing.B) {
	info, err := os.Stat(build(b))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
	}
	b.ReportMetric(float64(info.Size())/1e6, "MB")
	b.ReportMetric(0, "ns/op")
}
