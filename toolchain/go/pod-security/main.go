// Holds every pod of a List of Kubernetes objects, read from standard input, against Pod Security
// as the API server does, with the API server's own library: at the level that its namespace
// enforces, and at restricted. Prints a JSON array with an entry for each pod template.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/pod-security-admission/admission"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

const enforce = "pod-security.kubernetes.io/enforce"

type result struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Empty where its namespace is not among the objects or says none.
	Level string `json:"level"`
	// What is refused at that level, and what restricted would refuse.
	Refused           []string `json:"refused"`
	RefusedRestricted []string `json:"refusedRestricted"`
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.NewDecoder(in).Decode(&list); err != nil {
		return fmt.Errorf("a List of objects as JSON is needed: %w", err)
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	levels, err := namespaceLevels(list.Items)
	if err != nil {
		return err
	}
	results := []result{}
	for _, item := range list.Items {
		found, err := evaluate(evaluator, item, levels)
		if err != nil {
			return err
		}
		if found != nil {
			results = append(results, *found)
		}
	}
	return json.NewEncoder(out).Encode(results)
}

func namespaceLevels(items []json.RawMessage) (map[string]string, error) {
	levels := map[string]string{}
	for _, item := range items {
		var object metav1.PartialObjectMetadata
		if err := json.Unmarshal(item, &object); err != nil {
			return nil, err
		}
		if object.Kind == "Namespace" {
			levels[object.Name] = object.Labels[enforce]
		}
	}
	return levels, nil
}

// Nothing where the object has no pod template, or is of a kind that Kubernetes itself doesn't have.
func evaluate(evaluator policy.Evaluator, item json.RawMessage, levels map[string]string) (*result, error) {
	object, kind, err := scheme.Codecs.UniversalDeserializer().Decode(item, nil, nil)
	if runtime.IsNotRegisteredError(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	extractor := admission.DefaultPodSpecExtractor{}
	if resource, _ := meta.UnsafeGuessKindToResource(*kind); !extractor.HasPodSpec(resource.GroupResource()) {
		return nil, nil
	}
	metadata, spec, err := extractor.ExtractPodSpec(object)
	if err != nil || spec == nil {
		return nil, err
	}
	accessor := object.(metav1.Object)
	at := func(level string) []string {
		refused := []string{}
		for _, check := range evaluator.EvaluatePod(api.LevelVersion{Level: api.Level(level), Version: api.LatestVersion()}, metadata, spec) {
			if !check.Allowed {
				refused = append(refused, fmt.Sprintf("%s (%s)", check.ForbiddenReason, check.ForbiddenDetail))
			}
		}
		return refused
	}
	level := levels[accessor.GetNamespace()]
	found := &result{Kind: kind.Kind, Namespace: accessor.GetNamespace(), Name: accessor.GetName(), Level: level, Refused: []string{}, RefusedRestricted: at(string(api.LevelRestricted))}
	if level != "" {
		found.Refused = at(level)
	}
	return found, nil
}
