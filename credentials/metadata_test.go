// Test of the time limit for the instance metadata service.

package credentials

import (
	"strings"
	"testing"
	"time"
)

// The environment can set the time limit in whole seconds.
func TestMetadataServiceTimeout(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value string
		want  time.Duration // 0 for an error
	}{
		{"", time.Second}, {"1", time.Second}, {"30", 30 * time.Second}, {"3600", time.Hour},
		{"0", 0}, {"-1", 0}, {"1.5", 0}, {"1s", 0}, {"3601", 0}, {"99999999999999999999", 0},
	} {
		m := metadataSource{&search{env: home(t, "", "", "AWS_METADATA_SERVICE_TIMEOUT="+test.value)}}
		got, err := m.requestTimeout(time.Second)
		if got != test.want || (err == nil) != (test.want > 0) {
			t.Errorf("%q: %v, %v", test.value, got, err)
		}
	}
	env, d := serviceHome(t, "", "", "AWS_EC2_METADATA_DISABLED=", "AWS_EC2_METADATA_SERVICE_ENDPOINT=$URL", "AWS_METADATA_SERVICE_TIMEOUT=soon")
	_, err := Find(t.Context(), env, Request{})
	if err == nil || !strings.Contains(err.Error(), "invalid value for AWS_METADATA_SERVICE_TIMEOUT: want a number of seconds from 1 to 3600") || len(d.Calls()) > 0 {
		t.Errorf("%v, calls %v", err, d.Calls())
	}
}
