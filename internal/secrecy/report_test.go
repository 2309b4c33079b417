// Tests of hiding in reports.

package secrecy

import (
	"math/rand/v2"
	"strings"
	"testing"

	"capaboot/internal/escape"
)

// A report shows and hides the same in Markdown as in a text.
func TestMarkdownHidesTheSame(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"arn:*:secretsmanager:*:*:secret:aws.cluster.x-k8s.io/*", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:false-secret-12345",
		"on arn:${AWS::Partition}:secretsmanager:*:*:secret:aws.cluster.x-k8s.io/*", "aws_secret_access_key=FALSESECRET12345", "client_secret: FALSESECRET12345",
		"<token=FALSESECRET12345>", "github_pat_FALSE0123456789_abcdefghij", "http://ann:hunter2@127.0.0.1:9", "eyJhbGciOiJSUzI1NiJ9.FALSE-payload_part.FALSEsig-abc_def123456",
		"a|b wJalrFALSESECRET/K7MDENG+bPxRfiCYEXAMPLE", "wJalr_FALSESECRET_K7MDENG_bPxRfiCYEXAMPLE",
	} {
		var known Known
		want := Hide(text)
		for _, document := range []string{escape.Markdown(text), escape.MarkdownCode(text), strings.ReplaceAll(escape.Markdown(text), `\`, `\\`)} {
			got, _ := visible(known.HideReport("| "+document+" |", true))
			if got = strings.Trim(got, "\"| \n"); got != want {
				t.Errorf("%s:\n got %s\nwant %s", document, got, want)
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		secret := random(r, base64Alphabet[:62]+"-_", 40)
		var known Known
		known.Add("x=" + secret)
		if got, _ := visible(known.HideReport(escape.Markdown("a "+secret+" b"), true)); strings.Contains(got, secret[20:]) || strings.Contains(got, secret[:20]) {
			t.Fatalf("shown: %s", got)
		}
	}
	const password = "hunter2_abc_def_ghi_kl-9x82_q7Z1"
	var known Known
	known.AddSecret(password)
	if got, want := known.HideReport(escape.Markdown("a "+password+" b"), true), "a "+mark(len(password))+" b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The path of a file that was read is shown, unless a part of it may be a secret.
func TestShowName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"/tmp/build/run2/home/simtmp/tmp6kqo_vx2.json", "/home/ann/polWBXZU1I9X2/kPq82ZxVb0Lm.json", "work/x7QpR2mZ/k9Wq3/tmp.wI6t9fCH5e/zz81Kq/b.json", "/tmp/b/r2qD/tmp02hi96sp/T9/x8/k3.json"} {
		var known Known
		known.Add(name)
		if known.Hide(name) == name {
			t.Errorf("%s is shown before the file was read", name)
		}
		known.ShowName(name)
		for _, text := range []string{name, "Statement[0] of " + name + ":1:2", "/src/" + name} {
			for _, got := range []string{known.Hide(text), known.HideReport(text, false), known.HideReport(text, true)} {
				if got != text {
					t.Errorf("%s: %s", text, got)
				}
			}
		}
		if other := "x" + name; strings.HasPrefix(name, "/") && known.Hide(other) == other {
			t.Errorf("%s is shown", other)
		}
	}
	for _, secret := range []string{"AKIAFALSEKEYEXAMPLE0", "wJalrFALSESECRET/K7MDENG+bPxRfiCYEXAMPLE", "x/AWS_SECRET_ACCESS_KEY=short1abc", "x9Kqx9KqvT83mZpL0aWc5RnEy2Ub7HdG4sJfQ1wE",
		"/tmp/5tSdN1Fs5GU6elxvdTem.json", "qT83mZpL0a/Wc5RnEy2Ub7Hd/G4sJfQ1wEx9KqVb0", "b3941d1fb09862efc27fbb91c6ae48d5"} {
		var known Known
		known.Add(secret)
		known.ShowName(secret)
		if got := known.Hide(secret); got == secret {
			t.Errorf("%s is shown", got)
		}
	}
}
