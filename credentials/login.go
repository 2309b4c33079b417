package credentials

// This file recognises what aws login leaves, the one source of the AWS CLI
// that is not read: its tokens are bound to a key of the AWS CLI's.

import "context"

// loginSession recognises a profile of aws login.
func loginSession(_ *search, p sharedProfile) source {
	if e, ok := p.get("login_session"); ok {
		return loginSource{p, e}
	}
	return nil
}

type loginSource struct {
	profile sharedProfile
	entry   *entry
}

func (s loginSource) credentials(context.Context) (Credentials, error) {
	return Credentials{}, kindf(KindLogin,
		"%s: profile %s signs in with aws login, which only the AWS CLI can use", s.entry.where(), quote(s.profile.name))
}
