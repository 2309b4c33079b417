// Tests of "version --licenses".

package cli

import (
	"encoding/json"
	"os"
	"runtime"
	"strings"
	"testing"
)

func TestLicenses(t *testing.T) {
	notice, err := os.ReadFile("../NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := run(t, nil, nil, "version", "--licenses")
	if code != 0 || stderr != "" || stdout != strings.ReplaceAll(string(notice), "\r\n", "\n") {
		t.Errorf("exit code %d, stderr %q, and %d bytes, where NOTICE has %d", code, stderr, len(stdout), len(notice))
	}
	stdout, _, code = run(t, nil, nil, "version", "--licenses", "-o", "json")
	var list []struct{ Kind, Module, Version, License, Text string }
	if err := json.Unmarshal([]byte(stdout), &list); err != nil || code != 0 {
		t.Fatal(code, err)
	}
	versions := map[string]string{}
	for _, part := range list {
		versions[part.Module] = part.Version
		if part.License == "" || part.Text == "" || part.Kind == "" || part.Version == "" && part.Kind != "data" {
			t.Errorf("incomplete: %+v", part)
		}
		for paragraph := range strings.SplitSeq(part.Text, "\n\n") {
			if !strings.Contains(string(notice), strings.TrimSpace(paragraph)) {
				t.Errorf("%s: NOTICE lacks %q", part.Module, paragraph)
			}
		}
	}
	if versions["std"] != runtime.Version() || versions["capaboot"] == "" || versions["github.com/urfave/cli/v2"] == "" {
		t.Errorf("versions: %v", versions)
	}
}
