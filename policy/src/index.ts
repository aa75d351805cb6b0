import { PolicyPack } from "@pulumi/policy";
import { resourceRules, stackRules } from "./rules.ts";

new PolicyPack("guildnet", { enforcementLevel: "mandatory", policies: [...resourceRules, ...stackRules] });
