// Offers: what of the catalogue would grant an action, with another configuration or
// another release.

package explain

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/stories"
)

// offers returns the entries of the catalogue that grant an action.
func (e *Explainer) offers(name string) []Offer {
	var offers []Offer
	for _, entry := range e.stories.Entries(name) {
		if offer, ok := e.offer(&entry); ok {
			offers = append(offers, offer)
		}
	}
	return offers
}

// offer is an entry of the catalogue as an offer; none is that of a feature which a
// release lacks again.
func (e *Explainer) offer(entry *stories.Entry) (Offer, bool) {
	o := Offer{Policy: entry.Policy, Trust: entry.Trust, When: entry.When, Story: entry.Story}
	for _, gate := range entry.When {
		if name, ok := gate.Switch(); ok {
			o.Feature = name
		}
	}
	return o, o.Feature == "" || entry.Since.Compare(e.release) > 0 || slices.Contains(e.catalogue.SwitchesFor(entry.Action, e.release), o.Feature)
}

// offersOn returns what the catalogue has of the denied action on its resource, and
// does not grant with every configuration.
func (e *Explainer) offersOn(answer *Denied) []Offer {
	var offers []Offer
	resource := resourceOf(&answer.Denial)
	for _, entry := range e.stories.Entries(answer.Action) {
		granted := len(entry.When) == 0 && entry.Since.Compare(e.release) <= 0
		if !granted && !entry.Trust && reaches(entry.Resources(), resource) && e.passes(&entry, answer) {
			if offer, ok := e.offer(&entry); ok {
				offers = append(offers, offer)
			}
		}
	}
	return offers
}

// offersFor returns the offers of the policies that a role of CAPA's can have; none
// for one that is not CAPA's. What is switched on goes to whoever has the policies of
// the controllers.
func (e *Explainer) offersFor(answer *Denied, holder *document.Holder) []Offer {
	role := configured.Get()[e.stories.Role(holder)]
	controls := slices.ContainsFunc(holder.Policies, func(p document.Policy) bool {
		return strings.HasPrefix(e.stories.Policy(&p), catalog.ControllersPolicies)
	})
	return slices.DeleteFunc(e.offersOn(answer), func(o Offer) bool {
		return !slices.Contains(role.policies, o.Policy) && !(o.Feature != "" && controls)
	})
}

// passes reports whether an entry is for the service to which a role was to be passed;
// it is true for every entry that says nothing of services.
func (e *Explainer) passes(entry *stories.Entry, answer *Denied) bool {
	service, limited := entry.Condition()["StringEquals"][passedToService]
	if !limited {
		return true
	}
	switch to := e.passedTo(answer).(type) {
	case []string:
		return slices.Contains(to, fmt.Sprint(service))
	default:
		return to == service
	}
}

// switched reports whether a policy is that of the features that are switched on,
// whose resources are those of a configuration.
func (e *Explainer) switched(s source) bool {
	return s.at.Policy != nil && e.stories.Policy(s.at.Policy) == catalog.FeaturesPolicy
}

// switches returns those of some features that grant any of the actions when they are
// switched on.
func (e *Explainer) switches(features, actions []string) (names []string) {
	for _, action := range actions {
		for _, name := range e.catalogue.SwitchesFor(action, e.release) {
			if slices.Contains(features, name) {
				names = joinNew(names, name)
			}
		}
	}
	return names
}
