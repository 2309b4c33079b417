package hostport

import (
	"net/url"
	"testing"
)

func TestOf(t *testing.T) {
	for address, want := range map[string]string{
		"https://user:FALSESECRET@host/path?query=FALSESECRET": "host:443", "http://host": "host:80", "http://[fd00:ec2::254]/x": "[fd00:ec2::254]:80",
		"socks5://host": "host:1080", "https://host:8443/": "host:8443", "odd://host": "host",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := Of(u); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
