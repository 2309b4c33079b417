package credentials

// This file checks that no format of a value or an error shows a secret.

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// mustNotLeak fails when any format of value shows a secret.
func mustNotLeak(t *testing.T, value any) {
	t.Helper()
	var forms []string
	if v, ok := value.(interface {
		fmt.GoStringer
		encoding.TextMarshaler
	}); ok {
		text, err := v.MarshalText()
		if err != nil {
			t.Error(err)
		}
		forms = append(forms, v.GoString(), string(text))
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		forms = append(forms, fmt.Sprintf(verb, value), fmt.Sprintf(verb, []any{value}))
	}
	for _, v := range []any{value, map[string]any{"a": value}} {
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		forms = append(forms, string(encoded))
	}
	for _, log := range []func(*strings.Builder) slog.Handler{
		func(b *strings.Builder) slog.Handler { return slog.NewTextHandler(b, nil) },
		func(b *strings.Builder) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b strings.Builder
		slog.New(log(&b)).Error("failed", "value", value)
		forms = append(forms, b.String())
	}
	if err, ok := value.(error); ok {
		forms = append(forms, err.Error(), Hint(err), wrapped(err))
	}
	for _, form := range forms {
		if containsSecret(form) {
			t.Errorf("a secret is in %q", form)
		}
	}
}

func wrapped(err error) string { return fmt.Errorf("wrapped: %w", err).Error() }

// containsSecret reports whether text contains a part of a fake secret, plain
// or in hexadecimal.
func containsSecret(text string) bool {
	for _, part := range []string{fakeKeyID, fakeKeyID[:12], "FALSESECRET", fakeSecret[:8], fakeSecret[20:], fakeToken[:10]} {
		if strings.Contains(text, part) || strings.Contains(text, fmt.Sprintf("%x", part)) {
			return true
		}
	}
	return false
}

func TestFormattedValuesShowNoSecret(t *testing.T) {
	c := Credentials{fakeKeyID, fakeSecret, fakeToken, "the environment", time.Time{}, ""}
	p, err := NewProfile(c, "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	found := Found{Credentials: c, Region: Region{Name: "eu-west-1"}}
	for _, value := range []any{c, &c, found, &found, []Credentials{c}, map[string]Credentials{"a": c}, p, &p, struct{ P Profile }{p}} {
		mustNotLeak(t, value)
	}
	if got, want := fmt.Sprint(c), "long-lived key ****PLE0 from the environment"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := fmt.Sprintf("%#v", p), "profile with key ****PLE0 for region eu-west-1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := MaskKeyID("short"); got != "****" {
		t.Errorf("a short key ID is shown as %q", got)
	}
}
