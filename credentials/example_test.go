// An example of finding credentials and writing them as a profile.

package credentials_test

import (
	"context"
	"fmt"

	"capaboot/credentials"
)

func Example() {
	variables := map[string]string{
		"AWS_ACCESS_KEY_ID":     "AKIAIOSFODNN7EXAMPLE",
		"AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		"AWS_REGION":            "eu-west-1",
	}
	env := credentials.Environment{
		Lookup: func(name string) (string, bool) { value, ok := variables[name]; return value, ok },
	}
	found, err := credentials.Find(context.Background(), env, credentials.Request{})
	if err != nil {
		fmt.Println(err, credentials.Hint(err))
		return
	}
	profile, err := credentials.NewProfile(found.Credentials, found.Region.Name)
	if err != nil {
		fmt.Println(err, credentials.Hint(err))
		return
	}
	fmt.Println(found)
	fmt.Print(profile.Text())
	// Output:
	// long-lived key ****MPLE from the environment for region eu-west-1 from AWS_REGION
	// [default]
	// aws_access_key_id = AKIAIOSFODNN7EXAMPLE
	// aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
	// region = eu-west-1
}
