// Tests of the report on a Secret.

package controllerview

import (
	"strings"
	"testing"
	"time"

	"capaboot/controller"
	"capaboot/internal/terminal"
)

func parseTime(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// fullSecret returns a Secret with an owner, field managers and credentials.
func fullSecret() *controller.Secret {
	return &controller.Secret{
		Metadata: controller.Meta{
			Name: "capa-manager-bootstrap-credentials", Namespace: "capa-system", CreationTimestamp: parseTime("2026-01-02T03:04:05Z"),
			OwnerReferences: []controller.OwnerReference{{Kind: "ExternalSecret", Name: "the-credentials-of-capa"}},
			ManagedFields: []controller.ManagedFields{
				{Manager: "clusterctl", Time: parseTime("2026-01-02T03:04:05Z"), Fields: []byte(`{"f:data":{"f:credentials":{}}}`)},
				{Manager: "external-secrets", Time: parseTime("2026-01-03T03:04:05Z"), Fields: []byte(`{"f:data":{"f:credentials":{}}}`)},
				{Manager: "kubectl-label", Time: parseTime("2026-01-04T03:04:05Z"), Fields: []byte(`{"f:metadata":{"f:labels":{"f:credentials":{}}}}`)},
			},
		},
		Data: controller.Data{"credentials": []byte("[default]\naws_access_key_id = AKIAFALSEKEYEXAMPLE0\naws_secret_access_key = falseSecret/EXAMPLEFALSESECRET0123456789\n")},
	}
}

func TestReport(t *testing.T) {
	content := NewSecretContent(fullSecret())
	const want = `Secret capa-manager-bootstrap-credentials in namespace capa-system
  created:        2026-01-02T03:04:05Z, 2 days ago
  written:        2026-01-03T03:04:05Z, 1 day ago, by external-secrets
  managed by:     ExternalSecret the-credentials-of-capa (its owner)
  managed by:     External Secrets Operator (it wrote the credentials, as field manager external-secrets)
profile default
`
	got := content.Report(parseTime("2026-01-04T12:00:00Z"))
	if !strings.HasPrefix(got, want) || !strings.HasSuffix(strings.Split(got, "\n\n")[0], "usable by CAPA:   yes") {
		t.Errorf("got:\n%s", got)
	}
	for _, width := range []int{80, 50} {
		if fitted := terminal.Fit(got, width); !terminal.Fits(fitted, width) {
			t.Errorf("does not fit %d columns:\n%s", width, fitted)
		}
	}
}

func TestAgo(t *testing.T) {
	for age, want := range map[time.Duration]string{
		-time.Hour: "just now", 59 * time.Second: "just now", 61 * time.Second: "1 minute ago", 90 * time.Minute: "1 hour ago",
		47 * time.Hour: "1 day ago", 50 * 24 * time.Hour: "50 days ago",
	} {
		if got := Ago(age); got != want {
			t.Errorf("%v: %s, want %s", age, got, want)
		}
	}
}

// TestReportEscapes checks that control characters are escaped in texts that come
// from other tools.
func TestReportEscapes(t *testing.T) {
	const hostile = "a\x1b[31m\u202eb\nz"
	s := fullSecret()
	s.Data = nil
	s.Metadata.OwnerReferences[0].Name = hostile
	s.Metadata.ManagedFields[1].Manager = hostile
	content := NewSecretContent(s)
	content.SetFallback(hostile, "unknown")
	got := content.Report(time.Now())
	if strings.ContainsAny(got, "\x1b\u202e") || strings.Contains(got, "\nz") || strings.Count(got, `a\u001b[31m\u202eb\u000az`) != 3 {
		t.Errorf("got %s", got)
	}
}
