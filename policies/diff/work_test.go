// Tests that comparing hostile policies ends.

package diff

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"capaboot/internal/meter"
	"capaboot/policies/document"
)

// TestHostileSetsStayWithinMeter compares policies from an untrusted source:
// the comparison finishes within its meter, or is refused without a result.
func TestHostileSetsStayWithinMeter(t *testing.T) {
	many := func(n int, resource string) *document.Set {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf(`{"Effect": "%s", "Action": "iam:*", "Resource": "arn:aws:iam::*:role/%s%d*"}`, []string{"Allow", "Deny"}[i%2], resource, i)
		}
		set, err := document.ReadSet("p.json", []byte(`{"Version": "2012-10-17", "Statement": [`+strings.Join(all, ",")+`]}`))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for _, one := range []struct {
		statements, limit int
		refused           bool
	}{{200, 5_000_000, false}, {2000, 1_000_000, true}} {
		m := meter.New(one.limit)
		result, err := compareWithin(many(one.statements, "a"), many(one.statements, "b"), m)
		if _, ok := errors.AsType[*meter.TooMuch](err); ok != one.refused || err != nil && result.Principals != nil {
			t.Errorf("%d statements: spent %d, %d principals, error: %v", one.statements, m.Spent(), len(result.Principals), err)
		}
	}
}
