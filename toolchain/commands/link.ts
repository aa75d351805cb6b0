import { Engine } from "../engine/engine.ts";
import { UserError } from "../errors.ts";
import { signInLink } from "../sign-in-link.ts";
import { stackOutputs } from "../stack-outputs.ts";

/** Prints a new sign-in link for a person of the guild. */
export async function linkCommand(stack: string, person: string): Promise<void> {
  const { portalUrl, people, signInKey } = await stackOutputs(await Engine.open(stack));
  if (!people.includes(person)) {
    throw new UserError("person-unknown", `${JSON.stringify(person)} is not in this guild; there ${people.length === 1 ? "is" : "are"} ${people.join(", ")}.`);
  }
  process.stdout.write(`${signInLink(portalUrl, person, signInKey)}\n`);
}
