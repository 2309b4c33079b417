// An example of reading an input by name.

package source_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"capaboot/policies/source"
)

// A reader reads files itself. The caller provides everything else.
func Example() {
	reader := &source.Reader{
		Stdin: strings.NewReader(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}`),
		Release: func(_ context.Context, name string) (*source.Generated, error) {
			return nil, fmt.Errorf("no release %s", name)
		},
		// In this example, no file is a configuration.
		Configuration: func(string, []byte) (*source.Generated, error) { return nil, nil },
	}
	found, err := reader.Read(context.Background(), source.Stdin)
	fmt.Println(found.Set.Principals[0].Policies[0].Document.Statements[0].Actions, err)

	_, err = reader.Read(context.Background(), "release:v0.1.0")
	fmt.Println(err)

	_, err = reader.Read(context.Background(), "missing.json")
	fmt.Println(err, errors.As(err, new(*source.Error)))
	// Output:
	// [s3:GetObject] <nil>
	// no release v0.1.0
	// missing.json: no such file true
}
