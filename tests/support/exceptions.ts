import { acceptedAnnotations } from "../../components/kube/accepted-findings.ts";
import type { KubernetesObject } from "./rendered.ts";
import { idOf } from "./scanners.ts";
import type { Found } from "./scanners.ts";

export type Scanner = "kubeScore" | "checkov";

/** Checks that are mistaken for every object of this project, by scanner and check, and why. What concerns one object stands beside that object: see `accepted`. */
export const exceptionsForAll: Readonly<Record<Scanner, Readonly<Record<string, string>>>> = {
  kubeScore: {
    "container-image-pull-policy":
      "images are pinned by tag and never moved; where the internet is missing they are put on the node beforehand, and a start that had to ask a registry would fail",
    "pod-probes-identical":
      "it looks at what is asked alone; liveness gives up much later than readiness, to which the test beside this one holds all",
  },
  checkov: {
    CKV_K8S_15: "as for kube-score's container-image-pull-policy",
    CKV_K8S_43:
      "where the internet is missing the same release is built from package registries under the same reference, and has another digest",
  },
};

/** The object as it were if nothing had been accepted. */
export function withoutAccepted(object: KubernetesObject): KubernetesObject {
  const { metadata } = object;
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !isAccepted(key));
  return { ...object, metadata: { ...metadata, annotations: Object.fromEntries(annotations) } };
}

function isAccepted(key: string): boolean {
  return Object.values(acceptedAnnotations).some((prefix) => key.startsWith(prefix));
}

/** Checks that an object's annotations accept. */
function acceptedBy({ metadata }: KubernetesObject, scanner: Scanner): string[] {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) =>
    key.startsWith(acceptedAnnotations[scanner]),
  );
  return annotations.flatMap(([, value]) => (scanner === "kubeScore" ? value.split(",") : [value.split("=")[0] ?? ""]));
}

/**
 * What is wrong between the findings of a scanner and what is accepted; empty where they match.
 * @param found in the objects without what is accepted
 */
export function mismatches(scanner: Scanner, objects: readonly KubernetesObject[], found: readonly Found[]): string[] {
  const key = (object: string, check: string) => `${object} ${check}`;
  const accepted = new Set(
    objects.flatMap((object) => acceptedBy(object, scanner).map((check) => key(idOf(object), check))),
  );
  const there = new Set(found.map(({ object, check }) => key(object, check)));
  return [
    ...found
      .filter(({ object, check }) => !accepted.has(key(object, check)) && !(check in exceptionsForAll[scanner]))
      .map(({ object, check, detail }) => `unexplained: ${key(object, check)} (${detail})`),
    ...[...accepted].filter((entry) => !there.has(entry)).map((entry) => `accepted and not found: ${entry}`),
  ];
}
