// Compares the evaluator with the reference evaluator, on random requests from
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

// requestCount is the number of random requests. TestDifferential counts them
// by kind: see minimums.
const requestCount = 5000

// maxNeedlessUnknowns limits the outcomes that are unknown although the
// documentation decides them. This happens when several statements could each
// apply with additional keys, but no request can meet all of their conditions;
// the evaluator does not detect it.
const maxNeedlessUnknowns = 15

// simulate evaluates the case with the code under test, as `policy simulate`
// does.
func (c *refCase) simulate(t *testing.T) Outcome {
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
	s := Simulation{actions: []string{c.action}, resources: []string{c.resource}, context: maps.Clone(c.context), contextIsComplete: true, OnlyGiven: true}
	if identity := read("identity", c.identity); identity != nil {
		s.Policies.Identity = []document.Policy{*identity}
	}
	s.Policies.Boundary, s.Policies.UnknownBoundary = read("boundary", c.boundary), c.boundaryUnknown
	s.Policies.Resource, s.Policies.ResourceAlone = read("the policy of the resource", c.resourcePolicy), c.identity == nil
	if c.identityUnknown {
		s.Policies.UnknownIdentity = []string{"another"}
	}
	if c.principal != "" {
		principal, ok := ParsePrincipal(c.principal)
		if !ok {
			t.Fatal(c.principal)
		}
		s.SetCaller(principal)
	}
	outcomes, err := s.RunWithin(meter.New(meter.Limit))
	if err != nil || len(outcomes) != 1 || len(s.context) != len(c.context) {
		t.Fatalf("%+v %v\n%v; the case has %v", outcomes, err, s.context, c.context)
	}
	return outcomes[0]
}

func (c *refCase) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s by %q with %v; boundary unknown: %t, a policy unknown: %t\n", c.action, c.resource, c.principal, c.context, c.boundaryUnknown, c.identityUnknown)
	for _, part := range []struct {
		name string
		p    *refPolicy
	}{{"identity", c.identity}, {"boundary", c.boundary}, {"resource", c.resourcePolicy}} {
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
	others := generator{rand.New(rand.NewPCG(11, 5001))} // a separate generator, so that the requests of g do not change
	needlessUnknowns, last := 0, ""
	for i := range requestCount {
		c := g.nextCase()
		got := c.simulate(t)
		want, isUncertain := refEvaluate(c)
		if got.Decision != want || isUncertain && !got.Unknown {
			t.Fatalf("request %d: %s, unknown %t; the documentation says %s, open %t\n%s\n%+v", i, got.Decision, got.Unknown, want, isUncertain, c, got)
		}
		if got.Unknown && !isUncertain && !c.openWithMoreKeys(others) {
			needlessUnknowns++
			last = fmt.Sprintf("request %d: %s\n%s\n%+v", i, want, c, got)
		}
		if got.Unknown && len(got.Notes) == 0 && !c.boundaryUnknown { // here [Simulation.Run] adds a note only if it knows the boundary's name
			t.Fatalf("request %d: unknown without a note\n%s", i, c)
		}
		c.checkNotes(t, got)
		for kind := range c.kinds() {
			seen[kind]++
		}
		seen[string(want)]++
		if isUncertain {
			seen["open"]++
		}
		if len(got.Conditional) > 0 {
			seen["conditional"]++
		}
		if want != Allowed && c.allowedWithMoreKeys(t, g, got) {
			seen["allowed with more"]++
		}
	}
	if needlessUnknowns > maxNeedlessUnknowns {
		t.Errorf("%d outcomes are unknown although the documentation decides them for any additional keys, want at most %d; the last is\n%s", needlessUnknowns, maxNeedlessUnknowns, last)
	}
	for kind, least := range minimums {
		if seen[kind] < least {
			t.Errorf("%d of %d requests are of kind %q, want at least %d", seen[kind], requestCount, kind, least)
		}
	}
	t.Logf("%v", seen)
	for kind := range seen {
		if minimums[kind] == 0 {
			t.Errorf("kind %q has no minimum", kind)
		}
	}
}

// checkNotes checks that the notes name the other policies that must allow the
// request. Sources: IAM User Guide, "Cross-account policy evaluation logic";
// AWS KMS Developer Guide, "Key policies in AWS KMS".
func (c *refCase) checkNotes(t *testing.T, got Outcome) {
	has := func(words string) bool {
		return slices.ContainsFunc(got.Notes, func(note string) bool { return strings.Contains(note, words) })
	}
	service, _, _ := strings.Cut(strings.ToLower(c.action), ":")
	caller, owner := refAccount(c.principal), c.refOwner()
	if c.resourcePolicy == nil && (got.Decision == Allowed || got.Unknown || len(got.Conditional) > 0) && !refExempt(c.action) {
		switch {
		case refAssumes(c.action) && !has("the trust policy of the role is not evaluated"),
			service == "kms" && !has("the key policy is not evaluated"),
			caller != "" && owner != "" && caller != owner && c.resource != "*" && !has("the policy of the resource, which is not evaluated, must also allow the request"),
			caller != "" && owner == "" && c.resource != "*" && !has("if that account is not "+caller):
			t.Fatalf("no note names the other policy that must allow the request\n%s\n%+v", c, got)
		}
	}
	if c.resourcePolicy != nil && c.identity == nil && refKind(c.principal) == "AWS" && got.Decision == Allowed && !refExempt(c.action) && !has("the caller's own policies are not evaluated") {
		t.Fatalf("no note says that the caller's policies are missing\n%s\n%+v", c, got)
	}
}

// allowedWithMoreKeys reports whether a denied request would be allowed with
// some of the keys that it lacks. It tries ten random choices of keys. Such a
// request must not meet [ExpectDenied].
func (c *refCase) allowedWithMoreKeys(t *testing.T, g generator, got Outcome) bool {
	for range 10 {
		more := c.withMoreKeys(g)
		if decision, _ := refEvaluate(more); decision == Allowed {
			if got.Meets(ExpectDenied) {
				t.Fatalf("meets ExpectDenied, but is allowed with %v\n%s\n%+v", more.context, c, got)
			}
			return true
		}
	}
	return false
}

// withMoreKeys returns a copy of the case in which the request has values for some of
// the keys that it lacks in the original.
func (c *refCase) withMoreKeys(g generator) *refCase {
	more := *c
	more.context = maps.Clone(c.context)
	for _, k := range generatedKeys {
		if key := strings.ToLower(k.key); more.context[key] == nil && g.IntN(3) > 0 {
			more.context[key] = g.pick(append(slices.Clone(k.given), k.compared[0])...)
		}
	}
	return &more
}

// openWithMoreKeys reports whether the decision would be uncertain, or Allowed,
// with some of the keys that the request lacks: then an unknown outcome is
// justified. It tries 2,000 random choices of keys.
func (c *refCase) openWithMoreKeys(g generator) bool {
	for range 2000 {
		if decision, isUncertain := refEvaluate(c.withMoreKeys(g)); isUncertain || decision == Allowed {
			return true
		}
	}
	return false
}
