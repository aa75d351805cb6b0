import { system } from "../../system.ts";
import type { Layer } from "../../system.ts";
import type { PortalKeys } from "../portal/schema.ts";
import { adminsOf, peopleOf } from "./people.ts";
import type { Membership } from "./people.ts";
import { peopleMistakes } from "./rules.ts";
import { peopleKeys } from "./schema.ts";

interface PeopleOutputs {
  /** Handles. */
  people: string[];
  /** Handles of those among them who see every workspace. */
  admins: string[];
}

export const people = system({ keys: peopleKeys, rules: peopleMistakes, layer: peopleLayer });

/** They are told, and made where they are needed: by the portal, the mesh and their quotas. */
function peopleLayer(config: Membership & PortalKeys): Layer<object, PeopleOutputs> {
  return { gives: {}, outputs: { people: peopleOf(config), admins: adminsOf(config) } };
}
