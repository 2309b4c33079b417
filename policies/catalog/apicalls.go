// The AWS API calls of CAPA's controllers: which part makes which, and whether
// the catalogue grants it.

package catalog

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// APICallsOf is the release whose controllers' calls are known.
var APICallsOf = Release{2, 11, 1}

// APICall is an action that the controllers need, or are granted.
type APICall struct {
	Action string // "ec2:RunInstances"
	// CalledFrom names the parts of the controllers that make the call
	// ("network", "eks"). It is empty if no direct call was found: another
	// call implies the action, or nothing uses it.
	CalledFrom []string
	// GrantedWhen are the gates under which the catalogue grants the action,
	// any of which will do. It is empty if nothing grants it.
	GrantedWhen []Gate
	// NeedsNoPermission says that AWS allows everyone the call.
	NeedsNoPermission bool
}

//go:embed api-calls.tsv
var apiCalls string

var loadAPICalls = sync.OnceValues(func() ([]APICall, error) { return parseAPICalls(apiCalls) })

// APICalls returns the calls of the controllers of [APICallsOf], sorted by
// action. They are read at the first call; callers share them and must not
// change them. An error means that the program was built wrong.
func APICalls() ([]APICall, error) { return loadAPICalls() }

func parseAPICalls(text string) ([]APICall, error) {
	var calls []APICall
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		var call APICall
		err := errors.New("want action, parts and gates between tabs")
		if len(f) == 3 && f[0] != "" && f[1] != "" && f[2] != "" {
			call, err = APICall{Action: f[0], NeedsNoPermission: f[2] == "needs none"}, nil
			if f[1] != "-" {
				call.CalledFrom = strings.Split(f[1], ",")
			}
			if f[2] != "NEVER" && !call.NeedsNoPermission {
				for gate := range strings.SplitSeq(f[2], "; ") {
					call.GrantedWhen = append(call.GrantedWhen, Gate(gate))
				}
			}
			if len(calls) > 0 && calls[len(calls)-1].Action >= call.Action {
				err = errors.New("it is not in order")
			}
		}
		if err != nil {
			return nil, fmt.Errorf("reading the embedded API calls: line %d: %q: %w", number, line, err)
		}
		calls = append(calls, call)
	}
	return calls, nil
}
