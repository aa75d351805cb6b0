import { HANDLE } from "../../pod/names.ts";
import type { MemberList } from "../identity/members.ts";
import { WatchedConfigMap, type Data, type WatchedConfigMapOptions } from "./watched-config-map.ts";

/** In a ConfigMap that each `up` writes anew, and that is followed: who leaves the guild is out without a restart of the portal. */
export class ClusterMembers implements MemberList {
  readonly #object: WatchedConfigMap;

  constructor(options: Omit<WatchedConfigMapOptions, "name">) {
    this.#object = new WatchedConfigMap({ ...options, name: "people" });
  }

  async read(): Promise<ReadonlySet<string>> {
    return handles(await this.#object.read());
  }

  onChange(listener: (people: ReadonlySet<string>) => void): void {
    this.#object.onChange((data) => listener(handles(data)));
  }

  stop(): void {
    this.#object.stop();
  }
}

function handles({ handles: text = "" }: Data): ReadonlySet<string> {
  return new Set(text.split(",").filter((handle) => HANDLE.test(handle)));
}
