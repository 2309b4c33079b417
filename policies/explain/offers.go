// Offers: entries of the catalogue that would grant an action with another
// configuration or in another release.

package explain

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/stories"
)

func (e *Explainer) offers(name string) []Offer {
	var offers []Offer
	for _, entry := range e.stories.Entries(name) {
		if offer, ok := e.offerOf(&entry); ok {
			offers = append(offers, offer)
		}
	}
	return offers
}

// offerOf returns an entry of the catalogue as an offer. It returns false for an
// entry of a feature that the selected release no longer has.
func (e *Explainer) offerOf(entry *stories.Entry) (Offer, bool) {
	o := Offer{Policy: entry.Policy, Trust: entry.Trust, When: entry.When, Story: entry.Story, Later: entry.Since.Compare(e.release) > 0}
	for _, gate := range entry.When {
		if name, ok := gate.Switch(); ok {
			o.Feature = name
		}
	}
	return o, o.Feature == "" || entry.Since.Compare(e.release) > 0 || slices.Contains(e.catalogue.SwitchesFor(entry.Action, e.release), o.Feature)
}

// offersForDenial returns the entries of the catalogue that grant the denied
// action on its resource. It omits the entries of trust policies, and the
// entries that the selected release grants with every configuration.
func (e *Explainer) offersForDenial(result *Denied) []Offer {
	var offers []Offer
	resource := resourceOf(&result.Denial)
	for _, entry := range e.stories.Entries(result.Action) {
		granted := len(entry.When) == 0 && entry.Since.Compare(e.release) <= 0
		if !granted && !entry.Trust && mayMatch(entry.Resources(), resource) && e.matchesPassedTo(&entry, result) {
			if offer, ok := e.offerOf(&entry); ok {
				offers = append(offers, offer)
			}
		}
	}
	return offers
}

// offersForRole returns the offers for the policies that a role of CAPA can
// have. For any other role it returns only the offers of features, and only if
// the role has policies of the controllers.
func (e *Explainer) offersForRole(result *Denied, principal *document.Holder) []Offer {
	role := roleFields.Get()[e.stories.RoleID(principal)]
	controls := slices.ContainsFunc(principal.Policies, func(p document.Policy) bool {
		return strings.HasPrefix(e.stories.PolicyID(&p), catalog.ControllersPolicyPrefix)
	})
	return slices.DeleteFunc(e.offersForDenial(result), func(o Offer) bool {
		return !slices.Contains(role.policies, o.Policy) && !(o.Feature != "" && controls)
	})
}

// matchesPassedTo reports whether an entry allows passing a role to the service
// that the denied request passes it to. It returns true for an entry that does
// not limit the service.
func (e *Explainer) matchesPassedTo(entry *stories.Entry, result *Denied) bool {
	service, limited := entry.Condition()["StringEquals"][passedToService]
	if !limited {
		return true
	}
	switch services := e.passedToServices(result).(type) {
	case []string:
		return slices.Contains(services, fmt.Sprint(service))
	default:
		return services == service
	}
}

// isFeaturesPolicy reports whether a policy is the one for enabled features,
// whose resources come from the configuration.
func (e *Explainer) isFeaturesPolicy(s heldPolicy) bool {
	return s.place.Policy != nil && e.stories.PolicyID(s.place.Policy) == catalog.FeaturesPolicy
}

// featuresThatGrant returns the given features that grant one of the actions
// when they are enabled.
func (e *Explainer) featuresThatGrant(features, actions []string) (names []string) {
	for _, action := range actions {
		for _, name := range e.catalogue.SwitchesFor(action, e.release) {
			if slices.Contains(features, name) {
				names = appendNew(names, name)
			}
		}
	}
	return names
}
