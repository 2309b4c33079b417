// Tests of section headers that tools read differently: if a profile may
// continue below such a header, no part of the profile is used.

package credentials

import (
	"strings"
	"testing"
)

func TestFindRefusesProfileWithFaultyHeader(t *testing.T) {
	const good = "[a]\n" + pair
	for _, test := range []struct {
		name, credentials, config string
		works                     bool
	}{
		{"white space after the quotes of the name", good, "[profile \"a\" ]\nregion = eu-west-1\n", false},
		{"white space, after a good header", "", "[profile a]\n" + pair + "[profile a ]\n" + "role_session_name = x\n", false},
		{"white space, before a good header", "", "[profile a ]\nrole_session_name = x\n[profile a]\n" + pair, false},
		{"quotes inside the name", good, "[profile \"a\"\"\"]\nregion = eu-west-1\n", false},
		{"a backslash in the name", good, "[profile \\a]\nregion = eu-west-1\n", false},
		{"a tab before the name", good, "[profile\ta]\nregion = eu-west-1\n", false},
		{"text after the name", good, "[profile a] x\nregion = eu-west-1\n", false},
		{"an unclosed name", "[a\n" + pair, "[profile a]\nregion = eu-west-1\n", false},
		{"a line break that the SDKs do not read", "[b]\r[a]\raws_access_key_id = x\n", "[profile a]\n" + pair, false},
		{"such a line break before another profile", "[b]\r[c]\raws_access_key_id = x\n", "[profile a]\n" + pair, true},
		{"such a line break after the name", "[a]\raws_access_key_id = x\n", "[profile a]\n" + pair, false},
		{"such a line break after the name of another profile", "[c]\raws_access_key_id = x\n", "[profile a]\n" + pair, true},
		{"a form feed after the name", "[a]\f\naws_access_key_id = x\n", "[profile a]\n" + pair, false},
		{"a no-break space before the name", "\u00a0[a]\naws_access_key_id = x\n", "[profile a]\n" + pair, false},
		{"a no-break space before the name of another profile", "\u00a0[c]\naws_access_key_id = x\n", "[profile a]\n" + pair, true},
		{"a # in the name of the next section", good + "[b#x]\n" + pair, "", false},
		{"a ; in the name of the next section", "", "[profile a]\n" + pair + "[profile b;x]\n" + pair, false},
		{"a comment after the name of the next section", good + "[b] #x\n" + pair, "", true},
		{"two spaces in the name of another profile", good + "[b  a]\n" + pair, "", true},
		{"another profile", good, "[profile b ]\nregion = eu-west-1\n[profile b", true},
		{"DEFAULT with a key that the profile does not have", good + "[DEFAULT]\naws_session_token = " + fakeToken + "\n", "", false},
		{"DEFAULT with keys that the profile has", "[DEFAULT]\n" + pair + good, "", true},
		{"DEFAULT with a key that is not used", good + "[DEFAULT]\noutput = json\n", "", true},
		{"DEFAULT in the other file", good, "[DEFAULT]\nregion = eu-west-1\n", true},
		{"a value over several lines", good, "[profile a]\nregion = eu-west-1\n  x\n", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			env := home(t, test.credentials, test.config)
			found, err := Find(t.Context(), env, Request{Profile: "a"})
			if works := err == nil; works != test.works || works && found.Credentials.AccessKeyID != fakeKeyID {
				t.Errorf("%v, %v, want works: %t", found, errorText(err, env), test.works)
			}
			if strings.Contains(errorText(err, env), "FALSESECRET") {
				t.Errorf("the error has a secret: %v", err)
			}
		})
	}
	env := home(t, "[a b]\n"+pair+"[a  b]\nrole_arn = x\n", "")
	if _, err := Find(t.Context(), env, Request{Profile: "a b"}); err == nil {
		t.Error("two spaces in the name of a second section: no error")
	}
	// The keys in [DEFAULT] are probably meant for the profile "default": Find
	// must not use other credentials instead.
	env = home(t, "[DEFAULT]\n"+pair, "[default]\nregion = eu-west-1\n", "AWS_EC2_METADATA_DISABLED=false")
	if _, err := Find(t.Context(), env, Request{}); err == nil || !strings.Contains(err.Error(), "DEFAULT in capitals") {
		t.Errorf("DEFAULT for default: %v", err)
	}
}

func TestNamesOmitFaultyHeaders(t *testing.T) {
	env := home(t, "[a]\n"+pair+"[default aws_secret_access_key = "+fakeSecret+"\n[x ]\n", "")
	profiles, _, err := ListProfiles(t.Context(), env)
	if err != nil || len(profiles) != 1 || profiles[0].Name != "a" {
		t.Errorf("%v, %v", profiles, err)
	}
	_, err = Find(t.Context(), env, Request{Profile: "b"})
	if text := errorText(err, env); err == nil || strings.Contains(text, "FALSESECRET") {
		t.Errorf("%q", text)
	}
}
