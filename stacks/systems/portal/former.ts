import { appsDomainBelow } from "../../../components/index.ts";
import type { Former } from "../../survey/former.ts";
import type { PortalKeys } from "./schema.ts";

/** The config of a stack that was there before, as far as it says nothing else. */
export function asBefore<Config extends PortalKeys>(config: Config, { appsBelowPortal }: Former): Config {
  const { portal } = config;
  return appsBelowPortal && portal.appsDomain === undefined
    ? { ...config, portal: { ...portal, appsDomain: appsDomainBelow(portal.host) } }
    : config;
}
