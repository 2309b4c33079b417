// The evaluator against the one of reference_test.go, on random requests of
// generator_test.go.

package simulate

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"capaboot/internal/meter"
	"capaboot/policies/document"
)

// requests is how many there are. TestDifferential counts them by kind: see
// leastOfKind.
const requests = 5000

// mostNeedless is how many answers may say that they are not certain where the
// documentation is: of statements of which each could apply with other keys, and
// whose conditions no request can fulfil together. That is not worked out.
const mostNeedless = 15

// product is the answer to the case of the code under test: that of `policy
// simulate`.
func (c *refCase) product(t *testing.T) Outcome {
	read := func(name string, from *refPolicy) *document.Policy {
		if from == nil {
			return nil
		}
		text, err := json.Marshal(from)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := document.Read(name, text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		return &document.Policy{Name: name, Document: doc}
	}
	s := Simulation{actions: []string{c.action}, resources: []string{c.resource}, context: maps.Clone(c.context)}
	if identity := read("identity", c.identity); identity != nil {
		s.Policies.Identity = []document.Policy{*identity}
	}
	s.Policies.Boundary, s.Policies.UnknownBoundary = read("boundary", c.boundary), c.boundaryUnknown
	s.Policies.Resource, s.Policies.ResourceAlone = read("the policy of the resource", c.trust), c.identity == nil
	if c.unknown {
		s.Policies.Unknown = []string{"another"}
	}
	if c.principal != "" {
		principal, ok := ParsePrincipal(c.principal)
		if !ok {
			t.Fatal(c.principal)
		}
		s.By(principal)
	}
	outcomes, err := s.run(meter.New(meter.Limit))
	if err != nil || len(outcomes) != 1 || len(s.context) != len(c.context) {
		t.Fatalf("%+v %v\n%v; the case has %v", outcomes, err, s.context, c.context)
	}
	return outcomes[0]
}

func (c *refCase) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s by %q with %v; boundary unknown: %t, a policy unknown: %t\n", c.action, c.resource, c.principal, c.context, c.boundaryUnknown, c.unknown)
	for _, part := range []struct {
		name string
		p    *refPolicy
	}{{"identity", c.identity}, {"boundary", c.boundary}, {"resource", c.trust}} {
		if part.p != nil {
			text, _ := json.Marshal(part.p)
			fmt.Fprintf(&b, "%s: %s\n", part.name, text)
		}
	}
	return b.String()
}

func TestDifferential(t *testing.T) {
	t.Parallel()
	g := generator{rand.New(rand.NewPCG(11, 5000))}
	seen := map[string]int{}
	others := generator{rand.New(rand.NewPCG(11, 5001))} // g makes the same requests without it
	needless, last := 0, ""
	for i := range requests {
		c := g.next()
		got := c.product(t)
		want, isOpen := refEvaluate(c)
		if got.Decision != want || isOpen && !got.Unknown {
			t.Fatalf("request %d: %s, unknown %t; the documentation says %s, open %t\n%s\n%+v", i, got.Decision, got.Unknown, want, isOpen, c, got)
		}
		if got.Unknown && !isOpen && !c.openWithMore(others) {
			needless++
			last = fmt.Sprintf("request %d: %s\n%s\n%+v", i, want, c, got)
		}
		if got.Unknown && len(got.Notes) == 0 && !c.boundaryUnknown { // [Simulation.Run] has the name of the boundary
			t.Fatalf("request %d is open, and no note says so\n%s", i, c)
		}
		c.checkNotes(t, got)
		for kind := range c.kinds() {
			seen[kind]++
		}
		seen[string(want)]++
		if isOpen {
			seen["open"]++
		}
		if len(got.Conditional) > 0 {
			seen["conditional"]++
		}
		if want != Allowed && c.allowedWithMore(t, g, got) {
			seen["allowed with more"]++
		}
	}
	if needless > mostNeedless {
		t.Errorf("%d answers say that they are not certain, and the documentation is, whatever keys the request has: want at most %d; the last is\n%s", needless, mostNeedless, last)
	}
	for kind, least := range leastOfKind {
		if seen[kind] < least {
			t.Errorf("%d of %d requests are of the kind %q: want %d at least", seen[kind], requests, kind, least)
		}
	}
	t.Logf("%v", seen)
	for kind := range seen {
		if leastOfKind[kind] == 0 {
			t.Errorf("the kind %q has no least number", kind)
		}
	}
}

// checkNotes checks that an answer names what else must allow the request. Sources:
// IAM User Guide, "Cross-account policy evaluation logic"; AWS KMS Developer Guide,
// "Key policies in AWS KMS".
func (c *refCase) checkNotes(t *testing.T, got Outcome) {
	has := func(words string) bool {
		return slices.ContainsFunc(got.Notes, func(note string) bool { return strings.Contains(note, words) })
	}
	service, _, _ := strings.Cut(strings.ToLower(c.action), ":")
	caller, owner := refAccount(c.principal), c.refOwner()
	if c.trust == nil && (got.Decision == Allowed || got.Unknown || len(got.Conditional) > 0) && !refExempt(c.action) {
		switch {
		case refAssumes(c.action) && !has("the trust policy of the role is not evaluated"),
			service == "kms" && !has("the key policy is not evaluated"),
			caller != "" && owner != "" && caller != owner && c.resource != "*" && !has("the policy of the resource must allow it too"),
			caller != "" && owner == "" && c.resource != "*" && !has("if it is not "+caller):
			t.Fatalf("no note says which other policy must allow it\n%s\n%+v", c, got)
		}
	}
	if c.trust != nil && c.identity == nil && refKind(c.principal) == "AWS" && got.Decision == Allowed && !refExempt(c.action) && !has("the policies of the caller are not evaluated") {
		t.Fatalf("no note says that the policies of the caller are missing\n%s\n%+v", c, got)
	}
}

// allowedWithMore reports whether some keys that a denied request lacks make it one
// that is allowed. Then it must not count as denied under no condition.
func (c *refCase) allowedWithMore(t *testing.T, g generator, got Outcome) bool {
	for range 10 {
		more := c.withMore(g)
		if decision, _ := refEvaluate(more); decision == Allowed {
			if got.As(ExpectDenied) {
				t.Fatalf("it is denied under no condition, and allowed with %v\n%s\n%+v", more.context, c, got)
			}
			return true
		}
	}
	return false
}

// withMore is the case with some of the keys that it lacks.
func (c *refCase) withMore(g generator) *refCase {
	more := *c
	more.context = maps.Clone(c.context)
	for _, k := range generatedKeys {
		if key := strings.ToLower(k.key); more.context[key] == nil && g.IntN(3) > 0 {
			more.context[key] = g.some(append(slices.Clone(k.given), k.compared[0])...)
		}
	}
	return &more
}

// openWithMore reports whether some keys that a request lacks make it one that is
// open, or allowed: then it is not a needless word that the answer is unknown.
func (c *refCase) openWithMore(g generator) bool {
	for range 2000 {
		if decision, isOpen := refEvaluate(c.withMore(g)); isOpen || decision == Allowed {
			return true
		}
	}
	return false
}
