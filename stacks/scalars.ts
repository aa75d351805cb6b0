import { z } from "zod";
import { WORKSPACE_ID } from "../components/index.ts";
import { QUANTITY } from "../components/quantity.ts";

const DNS_NAME = /^(?=.{1,200}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/;

/** Text, or a number that YAML made of one. */
export const text = z.union([z.string(), z.number()]).transform(String);

export const handle = z.string().regex(WORKSPACE_ID, 'a handle: lower case letters, digits and "-", at most 40, for instance "ada"');
export const port = z.int().min(1).max(65535);
export const cidr = z.cidrv4('an IPv4 network such as "10.244.0.0/16"');
export const dnsName = z.string().regex(DNS_NAME, 'a host name in lower case, for instance "guildnet.localhost"');
export const bytes = text.pipe(z.string().regex(QUANTITY, 'an amount such as "512Mi" or "4Gi"'));
