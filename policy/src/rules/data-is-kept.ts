import type { PolicyResource } from "@pulumi/policy";
import { label } from "../../../components/kube/labels.ts";
import { ifKnown, metadataOf } from "../objects.ts";
import { stackRule } from "../stack-rule.ts";

const CLAIM = "kubernetes:core/v1:PersistentVolumeClaim";

/**
 * A claim says in a label whether its data is kept. Where it is, all that could take the
 * data along must keep it too. (The engine doesn't tell a policy about `retainOnDelete`;
 * that it goes with the label is a test of the components.)
 */
export const dataIsKept = stackRule({
  name: "data-is-kept",
  description:
    "Every volume claim says whether its data is kept; what is kept is kept by its namespace and its storage class as well.",
  check: (resources, report) => {
    for (const claim of resources.filter(({ type }) => type === CLAIM)) {
      for (const mistake of mistakesOf(claim, resources)) report(mistake, claim.urn);
    }
  },
});

function mistakesOf(claim: PolicyResource, resources: PolicyResource[]): string[] {
  const metadata = metadataOf(claim.props);
  const { name } = metadata;
  const namespace = ifKnown(() => metadata.namespace);
  const said = ifKnown(() => metadata.labels?.[label.data] ?? "");
  if (said === undefined || said === "disposable" || claim.opts.protect) return [];
  if (said !== "kept")
    return [`Claim "${name}" doesn't say whether its data is kept. Label it ${label.data}: kept or disposable.`];
  const mistakes: string[] = [];
  const home = resources.find(
    ({ type, props }) => type === "kubernetes:core/v1:Namespace" && metadataOf(props).name === namespace,
  );
  if (home !== undefined && metadataOf(home.props).labels?.[label.data] !== "kept") {
    mistakes.push(
      `Claim "${name}" is kept, but namespace "${namespace}" isn't: deleting it deletes the claim. Label and retain it too.`,
    );
  }
  const storage = storageClassOf(claim, resources);
  if (storage !== undefined && storage.reclaimPolicy !== "Retain") {
    mistakes.push(
      `Claim "${name}" is kept, but its storage class deletes files with their claim. Set its reclaimPolicy to Retain.`,
    );
  }
  return mistakes;
}

interface StorageClass {
  reclaimPolicy?: string;
}

/** The claim's class where this stack makes it: by name, else the default. */
function storageClassOf(claim: PolicyResource, resources: PolicyResource[]): StorageClass | undefined {
  const wanted = ifKnown(() => (claim.props as { spec?: { storageClassName?: string } }).spec?.storageClassName);
  const found = resources.find(({ type, props }) => {
    if (!type.endsWith(":StorageClass")) return false;
    const { name, annotations } = metadataOf(props);
    return wanted === undefined
      ? annotations?.["storageclass.kubernetes.io/is-default-class"] === "true"
      : name === wanted;
  });
  return found?.props as StorageClass | undefined;
}
