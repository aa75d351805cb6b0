import { endSessions } from "../end-sessions.ts";
import { openEngine } from "../open-engine.ts";
import { UserError } from "../../toolchain/errors.ts";
import { withKubectl } from "../kubernetes/kubectl.ts";
import { signInLink } from "../sign-in-link.ts";
import { stackOutputs } from "../stack-outputs.ts";

export interface LinkOptions {
  /** Whether to sign the person out everywhere, instead. */
  readonly endSessions: boolean;
}

/** Prints a new sign-in link for a person of the guild; or ends all that the person has open. */
export async function linkCommand(stack: string, person: string, options: LinkOptions): Promise<void> {
  const engine = await openEngine(stack),
    { portalUrl, people, signInKey, kubeconfig } = await stackOutputs(engine);
  if (!people.includes(person)) {
    throw new UserError(
      "person-unknown",
      `${JSON.stringify(person)} is not in this guild; there ${people.length === 1 ? "is" : "are"} ${people.join(", ")}. Sessions of people who left have ended.`,
    );
  }
  if (options.endSessions) {
    await withKubectl(engine.home, kubeconfig, (kubectl) => endSessions(kubectl, person));
    process.stdout.write(
      `All sessions of ${person} have ended, in every browser, with what they had open. A new link lets them in again.\n`,
    );
    return;
  }
  process.stdout.write(`${signInLink(portalUrl, person, signInKey)}\n`);
}
