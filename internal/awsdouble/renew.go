package awsdouble

// This file has the services that renew tokens: IAM Identity Center (OIDC) and
// AWS Sign-In. Sources: IAM Identity Center OIDC API Reference, "CreateToken";
// AWS Sign-In API Reference, "CreateOAuth2Token".

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// renew handles CreateToken, which returns a new SSO token, and
// CreateOAuth2Token, which returns new credentials. Both also return the next
// refresh token.
func (d *Double) renew(w http.ResponseWriter, r *http.Request, name string, body []byte) {
	var sent struct{ ClientID, ClientSecret, GrantType, RefreshToken string }
	w.Header().Set("Content-Type", "application/json")
	_ = json.Unmarshal(body, &sent) // a body that is not JSON lacks every field
	accepted := d.RefreshToken != "" && (sent.RefreshToken == d.RefreshToken || !d.RefreshOnce && sent.RefreshToken == d.RefreshToken+"2")
	switch {
	case sent.GrantType != "refresh_token" || sent.ClientID == "" || r.Method != http.MethodPost || r.Header.Get("Authorization") != "":
		refuseJSON(w, "InvalidRequestException", "invalid_request")
	case name == "CreateToken" && (!accepted || sent.ClientSecret == ""):
		refuseJSON(w, "InvalidGrantException", "invalid_grant")
	case name == "CreateToken":
		write(w, map[string]any{"accessToken": d.SSOToken, "expiresIn": int(d.Lifetime.Seconds()), "refreshToken": d.RefreshToken + "2", "tokenType": "Bearer"})
	case !accepted || strings.Count(r.Header.Get("DPoP"), ".") != 2:
		refuseJSON(w, "AccessDeniedException", "TOKEN_EXPIRED")
	default:
		keys, _ := d.issue()
		write(w, map[string]any{"accessToken": map[string]any{"accessKeyId": keys.ID, "secretAccessKey": keys.Secret, "sessionToken": keys.Token},
			"expiresIn": int(d.Lifetime.Seconds()), "refreshToken": d.RefreshToken + "2", "tokenType": "aws_sigv4"})
	}
}

func refuseJSON(w http.ResponseWriter, kind, code string) {
	w.Header().Set("X-Amzn-Errortype", kind)
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `{"error":%q,"error_description":"refused by the double","message":"refused by the double"}`, code)
}
