import type { ResourceValidationPolicy } from "@pulumi/policy";
import { containersOf, ifKnown, podSpecOf } from "../objects.ts";

/** Names by which credentials go. The last word counts: TOKEN_LIFETIME is none. */
const NAME =
  /(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|AUTH_?KEY|SIGNING_?KEY)$/i;

/** Values that are credentials whatever they are called. */
const VALUES: [pattern: RegExp, what: string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, "a private key"],
  [/\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{20,})/, "a git host's token"],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/, "a cloud's access key"],
  [/\bsk-[A-Za-z0-9_-]{20,}/, "an API key"],
  [/\btskey-[a-z]+-[A-Za-z0-9-]{10,}/, "a mesh's auth key"],
  [/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\./, "a signed token"],
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:[^\s/@]+@/i, "a URL with a password"],
];

/** Whoever may read a Deployment reads its environment, and so do its logs, events and crash dumps. */
export const noSecretInEnvironment = {
  name: "no-secret-in-environment",
  description: "Credentials reach a container as a mounted secret, never as a variable's value.",
  validateResource: ({ type, props }, report) => {
    for (const container of containersOf(podSpecOf(type, props) ?? {})) {
      for (const variable of container.env ?? []) {
        const value = ifKnown(() => variable.value);
        const what = value ? credential(variable.name ?? "", value) : undefined;
        if (what !== undefined)
          report(`Variable ${variable.name} of container "${container.name}" holds ${what}. Mount it from a Secret.`);
      }
    }
  },
} satisfies ResourceValidationPolicy;

/** Names a file with a credential in it, as containerboot takes its key, and holds none. */
const FILE = /^file:\/[^\s:@]+$/;

/** What kind of credential a variable is; undefined where it is none. */
export function credential(name: string, value: string): string | undefined {
  if (FILE.test(value)) return undefined;
  if (NAME.test(name)) return "a credential, by its name";
  return VALUES.find(([pattern]) => pattern.test(value))?.[1];
}
