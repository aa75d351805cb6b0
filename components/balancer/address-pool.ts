import { contains, formatRange, parseRange, rangeOf, rangesOverlap } from "../kube/address-range.ts";
import { networkMistake } from "../kube/cidr.ts";

/** A pool's name, as a Service's annotation has it: a DNS label. */
export const POOL_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Addresses that Services get theirs of. */
export interface AddressPool {
  /** A DNS label, unique among the pools. */
  readonly name: string;
  /** Networks such as "192.168.1.224/28" and ranges such as "192.168.1.240-192.168.1.250". */
  readonly addresses: readonly string[];
  /** Whether a Service that names no pool may get an address of this one. @default true */
  readonly autoAssign?: boolean;
}

/** One thing wrong in a list of pools. */
export interface PoolMistake {
  /** Of the pool, and of the entry in its addresses. */
  readonly pool: number;
  readonly entry?: number;
  readonly allowed: string;
  readonly fix: string;
}

/** What is wrong with pools, whatever the network they are for. */
export function poolMistakes(pools: readonly AddressPool[]): PoolMistake[] {
  return [...pools.flatMap(nameMistakes), ...entriesOf(pools).flatMap(entryMistakes)];
}

function nameMistakes({ name, addresses }: AddressPool, pool: number, pools: readonly AddressPool[]): PoolMistake[] {
  const mistakes: PoolMistake[] = [];
  if (!POOL_NAME.test(name))
    mistakes.push({ pool, allowed: 'a name of lower case letters, digits and "-", at most 63', fix: "rename it" });
  if (pools.findIndex((other) => other.name === name) < pool)
    mistakes.push({
      pool,
      allowed: `a name that no other pool has, unlike "${name}"`,
      fix: "rename it, or put the addresses into the other",
    });
  if (addresses.length === 0) mistakes.push({ pool, allowed: "a pool with addresses", fix: "add some, or remove it" });
  return mistakes;
}

interface Entry {
  pool: number;
  entry: number;
  name: string;
  text: string;
}

function entriesOf(pools: readonly AddressPool[]): Entry[] {
  return pools.flatMap(({ name, addresses }, pool) => addresses.map((text, entry) => ({ pool, entry, name, text })));
}

/** The later of two entries that overlap is told of. */
function entryMistakes({ pool, entry, text }: Entry, place: number, all: Entry[]): PoolMistake[] {
  const range = parseRange(text);
  if (range === undefined)
    return [
      {
        pool,
        entry,
        allowed: 'a network such as "192.168.1.224/28", or a range such as "192.168.1.240-192.168.1.250"',
        fix: "write one of those",
      },
    ];
  const misnamed = text.includes("/") ? networkMistake(text) : undefined;
  if (misnamed !== undefined) return [{ pool, entry, allowed: misnamed, fix: "write that" }];
  const other = all.slice(0, place).find((each) => {
    const before = parseRange(each.text);
    return before !== undefined && rangesOverlap(before, range);
  });
  if (other === undefined) return [];
  return [
    {
      pool,
      entry,
      allowed: `addresses that are in no other pool; "${other.name}" has ${other.text}`,
      fix: "choose others, or remove it",
    },
  ];
}

/** Upper half of a network without its last address, which is everybody's: what a pool may be where nobody said. */
export function upperHalf(cidr: string): string {
  const { first, last } = rangeOf(cidr);
  return formatRange({ first: first + (last - first + 1) / 2, last: last - 1 });
}

/** Whether a pool's addresses are hosts of a network: inside of it, and neither its first address nor its last. */
export function areHostsOf(cidr: string, addresses: string): boolean {
  const { first, last } = rangeOf(cidr);
  return contains({ first: first + 1, last: last - 1 }, rangeOf(addresses));
}
