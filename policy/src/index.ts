import { PolicyPack } from "@pulumi/policy";
import { rules } from "./rules.ts";

new PolicyPack("guildnet", { enforcementLevel: "mandatory", policies: rules });
