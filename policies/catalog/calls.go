// The AWS API calls of CAPA's controllers: which releases make each call, and
// which parts of the controllers make it.

package catalog

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/table"
)

// FeaturesRelease is the release that [Features] and [LimitOf] describe: when its
// controllers make each call, and how each call can be limited.
var FeaturesRelease = Release{2, 11, 1}

// The logical ID of the controllers' role in CAPA's templates, and the prefix
// of the logical IDs of its policies.
const (
	ControllersRole         = "AWSIAMRoleControllers"
	ControllersPolicyPrefix = "AWSIAMManagedPolicyControllers"
)

// APICall is a call that the controllers of at least one release make.
type APICall struct {
	Action string // "ec2:RunInstances"
	// Releases are the releases that make the call, the lowest versions first.
	// There is at least one span.
	Releases []Span
	// CalledFrom names the parts of the controllers that make the call in the
	// newest release of CAPA ("network", "eks"). It is empty if that release no
	// longer makes the call.
	CalledFrom []string
}

// Span is a range of consecutive releases. Last is zero if the range includes
// the newest release.
type Span struct{ First, Last Release }

// Has reports whether a release is in the span.
func (s Span) Has(r Release) bool {
	return s.First.Compare(r) <= 0 && (s.Last == (Release{}) || r.Compare(s.Last) <= 0)
}

// String returns "v2.5.1-v2.6.0", or "v2.5.1-" if the span includes the newest
// release.
func (s Span) String() string {
	if s.Last == (Release{}) {
		return s.First.String() + "-"
	}
	return s.First.String() + "-" + s.Last.String()
}

// MarshalText implements [encoding.TextMarshaler].
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Span) UnmarshalText(text []byte) error {
	first, last, ok := strings.Cut(string(text), "-")
	if !ok {
		return fmt.Errorf("%q is not a span of releases: write it as v1.0.0-v2.0.0, or v1.0.0-", text)
	}
	*s = Span{}
	err := s.First.UnmarshalText([]byte(first))
	if err == nil && last != "" {
		err = s.Last.UnmarshalText([]byte(last))
		if err == nil && s.First.Compare(s.Last) > 0 {
			err = fmt.Errorf("%q ends before it begins", text)
		}
	}
	return err
}

func parseSpans(text string) (all []Span, err error) {
	for _, word := range strings.Fields(text) {
		var span Span
		if err := span.UnmarshalText([]byte(word)); err != nil {
			return nil, err
		}
		all = append(all, span)
	}
	return all, nil
}

func formatSpans(all []Span) string {
	var words []string
	for _, s := range all {
		words = append(words, s.String())
	}
	return strings.Join(words, " ")
}

// MadeIn reports whether the controllers of a release make the call.
func (c *APICall) MadeIn(r Release) bool {
	return slices.ContainsFunc(c.Releases, func(s Span) bool { return s.Has(r) })
}

//go:embed calls.tsv
var callsTSV string

var loadCalls = lazy.Values[[]APICall, error]{Make: func() ([]APICall, error) {
	calls, _, err := parseCalls(callsTSV)
	return calls, err
}}

// APICalls returns the calls of the controllers of all releases, sorted by
// action. It parses the table once; callers share the result and must not
// modify it. An error means that the embedded table is invalid.
func APICalls() ([]APICall, error) { return loadCalls.Get() }

// parseCalls parses calls.tsv. callCounts has the number of calls that the row
// of each release gives.
func parseCalls(text string) (calls []APICall, callCounts map[Release]int, err error) {
	callCounts = map[Release]int{}
	err = table.Each("calls.tsv", text, func(f []string) error {
		switch {
		case len(f) == 3 && f[0] == "release":
			release, err := parseRelease(f[1])
			if err != nil {
				return err
			}
			callCounts[release], err = strconv.Atoi(f[2])
			return err
		case len(f) != 4 || f[0] != "call" || f[1] == "" || f[2] == "" || f[3] == "":
			return errors.New("want call, action, releases and parts, or release and number, separated by tabs")
		}
		call := APICall{Action: f[1], CalledFrom: cellWords(f[3])}
		var err error
		if call.Releases, err = parseSpans(f[2]); err != nil {
			return err
		}
		if len(calls) > 0 && calls[len(calls)-1].Action >= call.Action {
			return errors.New("rows are not sorted")
		}
		calls = append(calls, call)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return calls, callCounts, nil
}

// Gates returns the gates under which a release grants the controllers each
// action, by action in lower case; one open gate is sufficient. If a grant has
// its own gate, Gates returns only that gate, although the gate of the
// statement must be open too. For the zero release it returns the gates of all
// releases. An action that is never granted has no gates. [FeaturesPolicy] is
// left out, because it grants what CAPA does not grant.
func (c *Catalogue) Gates(release Release) map[string][]Gate {
	gates := map[string][]Gate{}
	for _, p := range c.Policies {
		if !strings.HasPrefix(p.LogicalID, ControllersPolicyPrefix) || p.LogicalID == FeaturesPolicy {
			continue
		}
		for _, s := range p.Statements {
			for _, g := range s.Actions {
				if s.Effect != "Allow" || release != (Release{}) && !g.In(release) {
					continue
				}
				key, gate := strings.ToLower(g.Name), s.When
				if g.When != "" {
					gate = g.When
				}
				if !slices.Contains(gates[key], gate) {
					gates[key] = append(gates[key], gate)
				}
			}
		}
	}
	return gates
}

// cellWords returns the words of a cell. "-" means an empty list.
func cellWords(cell string) []string {
	if cell == "-" {
		return nil
	}
	return strings.Fields(cell)
}
