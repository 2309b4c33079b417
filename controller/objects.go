package controller

// This file has the API objects, with only the fields that this package uses.

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Meta is the metadata of an object.
type Meta struct {
	Name              string            `json:"name"`
	Namespace         string            `json:"namespace"`
	UID               string            `json:"uid"`
	ResourceVersion   string            `json:"resourceVersion"`
	Generation        int64             `json:"generation"`
	CreationTimestamp time.Time         `json:"creationTimestamp"`
	DeletionTimestamp *time.Time        `json:"deletionTimestamp"`
	Labels            map[string]string `json:"labels"`
	Annotations       map[string]string `json:"annotations"`
	OwnerReferences   []OwnerReference  `json:"ownerReferences"`
	ManagedFields     []ManagedFields   `json:"managedFields"`
}

// OwnerReference names the owner of an object.
type OwnerReference struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	UID        string `json:"uid"`
	Controller bool   `json:"controller"`
}

// ManagedFields records a writer of an object and the time of its last write.
// Fields are the fields that it wrote; see [ManagedFields.Wrote].
type ManagedFields struct {
	Manager     string          `json:"manager"`
	Operation   string          `json:"operation"` // "Apply" or "Update"
	Subresource string          `json:"subresource"`
	Time        time.Time       `json:"time"`
	Fields      json.RawMessage `json:"fieldsV1"`
}

// Wrote reports whether the manager wrote a field, given by the names on the
// path to it, such as "data", "credentials". Source: the format FieldsV1 of
// structured-merge-diff: the key of a field is its name with the prefix "f:".
func (m ManagedFields) Wrote(path ...string) bool {
	fields := m.Fields
	for _, name := range path {
		var inner map[string]json.RawMessage
		if json.Unmarshal(fields, &inner) != nil {
			return false
		}
		next, ok := inner["f:"+name]
		if !ok {
			return false
		}
		fields = next
	}
	return true
}

// Secret is a Kubernetes Secret.
type Secret struct {
	Metadata  Meta   `json:"metadata"`
	Immutable bool   `json:"immutable"`
	Type      string `json:"type"`
	Data      Data   `json:"data"`
}

// Data is the data of a Secret. Formatting it never prints a value.
type Data map[string][]byte

// Format writes the number of keys, for every verb and flag.
func (d Data) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, d.GoString()) }

// GoString returns what Format writes.
func (d Data) GoString() string { return fmt.Sprintf("%d keys", len(d)) }

// MarshalJSON returns what Format writes, so that no log contains values.
// Patches do not use this type.
func (d Data) MarshalJSON() ([]byte, error) { return json.Marshal(d.GoString()) }

// ServiceAccount is a Kubernetes ServiceAccount.
type ServiceAccount struct {
	Metadata Meta `json:"metadata"`
}

// Deployment is a Kubernetes Deployment.
type Deployment struct {
	Metadata Meta             `json:"metadata"`
	Spec     DeploymentSpec   `json:"spec"`
	Status   DeploymentStatus `json:"status"`
}

// DeploymentSpec is the desired state of a Deployment.
type DeploymentSpec struct {
	Replicas                *int32        `json:"replicas"` // nil means 1
	Selector                LabelSelector `json:"selector"`
	Template                PodTemplate   `json:"template"`
	Paused                  bool          `json:"paused"`
	ProgressDeadlineSeconds *int32        `json:"progressDeadlineSeconds"` // nil means 600
}

// LabelSelector selects objects by their labels.
type LabelSelector struct {
	MatchLabels      map[string]string `json:"matchLabels"`
	MatchExpressions []struct {
		Key      string   `json:"key"`
		Operator string   `json:"operator"`
		Values   []string `json:"values"`
	} `json:"matchExpressions"`
}

// PodTemplate is the template for the pods of a Deployment.
type PodTemplate struct {
	Metadata Meta    `json:"metadata"`
	Spec     PodSpec `json:"spec"`
}

// DeploymentStatus is the observed state of a Deployment.
type DeploymentStatus struct {
	ObservedGeneration  int64       `json:"observedGeneration"`
	Replicas            int32       `json:"replicas"`
	UpdatedReplicas     int32       `json:"updatedReplicas"`
	ReadyReplicas       int32       `json:"readyReplicas"`
	AvailableReplicas   int32       `json:"availableReplicas"`
	UnavailableReplicas int32       `json:"unavailableReplicas"`
	Conditions          []Condition `json:"conditions"`
}

// Condition is a condition of a Deployment, a ReplicaSet or a Pod.
type Condition struct {
	Type               string    `json:"type"`
	Status             string    `json:"status"` // True, False or Unknown
	Reason             string    `json:"reason"`
	Message            string    `json:"message"`
	LastUpdateTime     time.Time `json:"lastUpdateTime"`
	LastTransitionTime time.Time `json:"lastTransitionTime"`
}

// ReplicaSet is a Kubernetes ReplicaSet.
type ReplicaSet struct {
	Metadata Meta `json:"metadata"`
	Spec     struct {
		Replicas *int32        `json:"replicas"`
		Selector LabelSelector `json:"selector"`
		Template PodTemplate   `json:"template"`
	} `json:"spec"`
	Status struct {
		Replicas          int32       `json:"replicas"`
		ReadyReplicas     int32       `json:"readyReplicas"`
		AvailableReplicas int32       `json:"availableReplicas"`
		Conditions        []Condition `json:"conditions"`
	} `json:"status"`
}

// PodSpec is the desired state of a pod.
type PodSpec struct {
	ServiceAccountName string            `json:"serviceAccountName"`
	NodeName           string            `json:"nodeName"`
	NodeSelector       map[string]string `json:"nodeSelector"`
	Affinity           Affinity          `json:"affinity"`
	InitContainers     []Container       `json:"initContainers"`
	Containers         []Container       `json:"containers"`
	Volumes            []Volume          `json:"volumes"`
}

// Affinity limits the nodes on which a pod may run. One of the required terms must
// match the node; without terms, every node matches.
type Affinity struct {
	NodeAffinity struct {
		Required struct {
			Terms []NodeTerm `json:"nodeSelectorTerms"`
		} `json:"requiredDuringSchedulingIgnoredDuringExecution"`
	} `json:"nodeAffinity"`
}

// NodeTerm is a term of a node affinity. All its expressions must match.
// Expressions are about the labels of the node, and Fields are about its
// fields.
type NodeTerm struct {
	Expressions []NodeExpression `json:"matchExpressions"`
	Fields      []NodeExpression `json:"matchFields"`
}

// NodeExpression compares a label or a field of a node with values. Key is the name
// of the label or field.
type NodeExpression struct {
	Key string `json:"key"`
}

// Container is a container of a pod.
type Container struct {
	Name         string        `json:"name"`
	Image        string        `json:"image"`
	Args         []string      `json:"args"`
	Env          []EnvVar      `json:"env"`
	EnvFrom      []EnvFrom     `json:"envFrom"`
	VolumeMounts []VolumeMount `json:"volumeMounts"`
}

// EnvVar is an environment variable of a container. Its value may be a secret. If
// ValueFrom is not nil, the value is not in the pod spec.
type EnvVar struct {
	Name      string `json:"name"`
	Value     string `json:"value"`
	ValueFrom *struct {
		SecretKeyRef *struct {
			Name string `json:"name"`
			Key  string `json:"key"`
		} `json:"secretKeyRef"`
	} `json:"valueFrom"`
}

// EnvFrom sets all keys of a Secret or a ConfigMap as variables of a container.
type EnvFrom struct {
	Prefix    string `json:"prefix"`
	SecretRef *struct {
		Name string `json:"name"`
	} `json:"secretRef"`
}

// VolumeMount is the path where a container mounts a volume, or a part of it.
type VolumeMount struct {
	Name        string `json:"name"`
	MountPath   string `json:"mountPath"`
	SubPath     string `json:"subPath"`
	SubPathExpr string `json:"subPathExpr"` // with variables of the container
}

// Volume is a volume of a pod.
type Volume struct {
	Name      string           `json:"name"`
	Secret    *KeyProjection   `json:"secret"`
	ConfigMap *KeyProjection   `json:"configMap"`
	EmptyDir  *json.RawMessage `json:"emptyDir"` // only whether it is nil counts
	Projected *struct {
		Sources []VolumeSource `json:"sources"`
	} `json:"projected"`
}

// VolumeSource is a source of a projected volume. Other kinds of sources, such as
// a service account token, contain no credentials file.
type VolumeSource struct {
	Secret    *KeyProjection `json:"secret"`
	ConfigMap *KeyProjection `json:"configMap"`
}

// KeyProjection makes keys of an object available as files of a volume.
type KeyProjection struct {
	// SecretName is the name of the Secret, in a volume of type secret. Everywhere
	// else, the name of the object is in Name.
	SecretName string      `json:"secretName"`
	Name       string      `json:"name"`
	Items      []KeyToPath `json:"items"` // empty for all keys
	Optional   bool        `json:"optional"`
}

// KeyToPath sets the path of the file for a key.
type KeyToPath struct {
	Key  string `json:"key"`
	Path string `json:"path"`
}

// Pod is a Kubernetes Pod.
type Pod struct {
	Metadata Meta      `json:"metadata"`
	Spec     PodSpec   `json:"spec"`
	Status   PodStatus `json:"status"`
}

// PodStatus is the observed state of a pod.
type PodStatus struct {
	Phase                 string            `json:"phase"`
	Reason                string            `json:"reason"`
	Message               string            `json:"message"`
	StartTime             *time.Time        `json:"startTime"`
	Conditions            []Condition       `json:"conditions"`
	InitContainerStatuses []ContainerStatus `json:"initContainerStatuses"`
	ContainerStatuses     []ContainerStatus `json:"containerStatuses"`
}

// ContainerStatus is the observed state of a container.
type ContainerStatus struct {
	Name         string         `json:"name"`
	Image        string         `json:"image"`
	Ready        bool           `json:"ready"`
	RestartCount int32          `json:"restartCount"`
	State        ContainerState `json:"state"`
	LastState    ContainerState `json:"lastState"`
}

// ContainerState has at most one field set; the others are nil.
type ContainerState struct {
	Waiting *struct {
		Reason  string `json:"reason"`
		Message string `json:"message"`
	} `json:"waiting"`
	Running *struct {
		StartedAt time.Time `json:"startedAt"`
	} `json:"running"`
	Terminated *struct {
		ExitCode   int32     `json:"exitCode"`
		Signal     int32     `json:"signal"`
		Reason     string    `json:"reason"`
		Message    string    `json:"message"`
		StartedAt  time.Time `json:"startedAt"`
		FinishedAt time.Time `json:"finishedAt"`
	} `json:"terminated"`
}

// Event is an Event of the core API group.
type Event struct {
	Metadata       Meta `json:"metadata"`
	InvolvedObject struct {
		Kind      string `json:"kind"`
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
		UID       string `json:"uid"`
	} `json:"involvedObject"`
	Type           string    `json:"type"` // Normal or Warning
	Reason         string    `json:"reason"`
	Message        string    `json:"message"`
	Count          int32     `json:"count"`
	FirstTimestamp time.Time `json:"firstTimestamp"`
	LastTimestamp  time.Time `json:"lastTimestamp"`
	EventTime      time.Time `json:"eventTime"`
}

// The names that Cluster API Provider AWS uses in a management cluster.
const (
	Namespace          = "capa-system"
	SecretName         = "capa-manager-bootstrap-credentials" // only the name; not a secret
	SecretKey          = "credentials"
	DeploymentName     = "capa-controller-manager"
	ServiceAccountName = "capa-controller-manager"
	// ProviderLabel is the label on every object of the provider.
	ProviderLabel = "cluster.x-k8s.io/provider=infrastructure-aws"
)
