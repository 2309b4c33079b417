package controllerview

// This file has the findings about other tools that write the Secret, the
// Deployment or the service account.

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/controller"
)

// managedObjects is a tool and the objects that it writes.
type managedObjects struct {
	manager controller.Manager // with the evidence for the first object
	objects []string           // such as "the Secret"
}

func (m managedObjects) String() string {
	objects := m.objects[0]
	if last := len(m.objects) - 1; last > 0 {
		objects = strings.Join(m.objects[:last], ", ") + " and " + m.objects[last]
	}
	return fmt.Sprintf("%s manages %s (%s)", m.manager.Name, objects, m.manager.Evidence)
}

// managers returns the tools that write objects of the installation: the
// Cluster API Operator if operator is set, otherwise all other tools.
func (s *statusBuilder) managers(operator bool) (all []managedObjects) {
	add := func(object string, managers []controller.Manager) {
		for _, manager := range managers {
			if manager.IsOperator != operator {
				continue
			}
			i := slices.IndexFunc(all, func(m managedObjects) bool { return m.manager.Name == manager.Name })
			if i < 0 {
				all = append(all, managedObjects{manager: manager})
				i = len(all) - 1
			}
			all[i].objects = append(all[i].objects, object)
		}
	}
	if s.installation.Secret != nil {
		add("the Secret", s.installation.ManagersOfSecret())
	}
	add("the Deployment", s.installation.Deployment.Managers())
	if s.installation.ServiceAccount != nil {
		add("the service account", s.installation.ServiceAccount.Managers())
	}
	return all
}

// managedByOperator describes the objects that the Cluster API Operator
// writes; "" if there are none.
func (s *statusBuilder) managedByOperator() string {
	all := s.managers(true)
	if len(all) == 0 {
		return ""
	}
	return all[0].String() + " and overwrites changes by other tools"
}

// managed describes the objects that other tools, such as Argo CD and Flux,
// write; "" if there are none.
func (s *statusBuilder) managed() string {
	var texts []string
	for _, m := range s.managers(false) {
		texts = append(texts, m.String())
	}
	if len(texts) == 0 {
		return ""
	}
	tools := "this tool"
	if len(texts) > 1 {
		tools = "these tools"
	}
	return strings.Join(texts, "; ") + ": " + tools + " may overwrite changes by other tools"
}
