import { dataIsKept } from "./rules/data-is-kept.ts";
import { noSecretInEnvironment } from "./rules/no-secret-in-environment.ts";
import { pinnedImages } from "./rules/pinned-images.ts";
import { publishedOnLoopback } from "./rules/published-on-loopback.ts";
import { quotaForEveryOwner } from "./rules/quota-for-every-owner.ts";
import { restrictedNamespaces } from "./rules/restricted-namespaces.ts";
import { restrictedPods } from "./rules/restricted-pods.ts";
import { servicesSayWhyExposed } from "./rules/services-say-why-exposed.ts";

/** Rules that look at one resource at a time. */
export const resourceRules = [
  restrictedNamespaces,
  restrictedPods,
  pinnedImages,
  noSecretInEnvironment,
  servicesSayWhyExposed,
];

/** Rules that look at all of them together. */
export const stackRules = [dataIsKept, quotaForEveryOwner, publishedOnLoopback];
