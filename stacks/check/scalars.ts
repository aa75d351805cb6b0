import { z } from "zod";
import { WORKSPACE_ID } from "../../components/index.ts";
import { isSchedule } from "../../components/kube/cron.ts";
import { parseQuantity } from "../../components/kube/quantity.ts";

// 58 less than a name may have in all: "<port>--<workspace>.apps." goes before it.
const DNS_NAME = /^(?=.{1,190}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/;
/** Browsers take a name whose last part is a number for an address (https://url.spec.whatwg.org/#ends-in-a-number-checker). */
const ENDS_IN_A_NUMBER = /\.(\d+|0x[0-9a-f]*)$/;
const CORES = /^\d{1,9}(\.\d{1,9})?m?$/;
const BYTES = /^\d{1,16}(\.\d{1,9})?(k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/;
/** A registry's host where there is one, folders and a name, a tag or digest (https://github.com/distribution/reference). */
const IMAGE_HOST = "[a-z0-9]+(?:-+[a-z0-9]+)*(?:\\.[a-z0-9]+(?:-+[a-z0-9]+)*)*(?::\\d{1,5})?";
const IMAGE_PART = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const IMAGE = new RegExp(
  `^(?=.{1,255}$)(?:${IMAGE_HOST}/)?${IMAGE_PART}(?:/${IMAGE_PART})*(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|@sha256:[0-9a-f]{64})$`,
);

const IMAGE_REGISTRY = new RegExp(`^(?=.{1,150}$)(?=localhost|[^/]*[.:])${IMAGE_HOST}(?:/${IMAGE_PART})*$`);

/** Text, or a number that YAML made of one. */
export const text = z.union([z.string(), z.number()]).transform(String);

export const handle = z
  .string()
  .regex(WORKSPACE_ID, 'a handle: lower case letters, digits and single "-", at most 40, for instance "ada"');
export const port = z.int().min(1).max(65535);
export const cidr = z.cidrv4('an IPv4 network such as "10.244.0.0/16"');
export const dnsName = z
  .string()
  .regex(DNS_NAME, { error: 'a host name in lower case, for instance "guildnet.localhost"', abort: true })
  .refine((name) => !ENDS_IN_A_NUMBER.test(name), 'a host name, not an address, for instance "guildnet.localhost"');
export const schedule = z.string().refine(isSchedule, 'a time as cron has it, for instance "30 1 * * *"');

export const image = z
  .string()
  .regex(IMAGE, 'an image with a tag or digest, for instance "registry.example.org/workspace:1.4"')
  .refine(
    (reference) => !reference.endsWith(":latest"),
    'a tag other than "latest", which may be another image tomorrow',
  );

/** Where images can be pushed to. Without a dot or a port the first part would be a folder of Docker's. */
export const imageRegistry = z
  .string()
  .regex(IMAGE_REGISTRY, 'a registry\'s host, with a path where it has one, for instance "registry.example.org/guild"');

/** Cores, at least so many. */
export function cores(least: string) {
  return amount(CORES, { least, most: "10000", example: 'a number of cores, for instance "2" or "500m"' });
}

/** Memory or storage, at least so much. A number alone counts bytes, and is hardly ever meant to. */
export function bytes(least: string) {
  return amount(BYTES, { least, most: "1Pi", example: 'an amount such as "512Mi" or "4Gi"' });
}

function amount(shape: RegExp, { least, most, example }: Record<"least" | "most" | "example", string>) {
  const value = (quantity: string) => parseQuantity(quantity) ?? NaN;
  return text.pipe(
    z
      .string()
      .regex(shape, { error: example, abort: true })
      .refine((given) => value(given) >= value(least), { error: `${example}, at least ${least}`, abort: true })
      .refine((given) => value(given) <= value(most), `${example}, at most ${most}`),
  );
}
