import { WORKSPACE_ID } from "../../pod/names.ts";
import type { MachineReports, MachineState } from "../guild/machine.ts";
import { WatchedConfigMap, type Data, type WatchedConfigMapOptions } from "./watched-config-map.ts";

/** In a ConfigMap that an embedded node writes (its `keeper.mjs`), so that the portal need not be allowed to ask nodes. Other clusters have none. */
export class ClusterMachine implements MachineReports {
  readonly #object: WatchedConfigMap;

  constructor(options: Omit<WatchedConfigMapOptions, "name">) {
    this.#object = new WatchedConfigMap({ ...options, name: "machine" });
  }

  onChange(listener: (state: MachineState) => void): void {
    this.#object.onChange((data) => listener(stateOf(data)));
  }

  stop(): void {
    this.#object.stop();
  }
}

function stateOf({ "disk-free": diskFree, "full-homes": homes = "" }: Data): MachineState {
  return {
    ...(diskFree !== undefined && { diskFree }),
    fullHomes: new Set(homes.split(",").filter((id) => WORKSPACE_ID.test(id))),
  };
}
