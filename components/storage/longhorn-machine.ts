/** What Talos machines need for Longhorn's first data engine. */
export interface LonghornMachine {
  /** Names of official system extensions, a part of the machine's image. */
  readonly systemExtensions: readonly string[];
  /** What to add to a machine's config: https://docs.siderolabs.com/talos/v1.11/reference/configuration/v1alpha1/config */
  readonly patch: {
    machine: {
      kubelet: {
        extraMounts: readonly { destination: string; type: "bind"; source: string; options: readonly string[] }[];
      };
      kernel: { modules: readonly { name: string }[] };
    };
  };
}

/**
 * Of which folder the kubelet, which Talos runs in a container, must be given with mounts that are
 * made in it later. Extensions and mounts: https://longhorn.io/docs/1.12.1/advanced-resources/os-distro-specific/talos-linux-support/;
 * the module, which has to be there before iscsid starts: https://longhorn.io/docs/1.12.1/deploy/install/.
 * @param dataPath as `Longhorn` is given it. From Talos 1.10 on a disk of its own for it is a user volume, below /var/mnt.
 */
export function longhornMachine(dataPath: string): LonghornMachine {
  return {
    systemExtensions: ["siderolabs/iscsi-tools", "siderolabs/util-linux-tools"],
    patch: {
      machine: {
        kubelet: {
          extraMounts: [{ destination: dataPath, type: "bind", source: dataPath, options: ["bind", "rshared", "rw"] }],
        },
        kernel: { modules: [{ name: "iscsi_tcp" }] },
      },
    },
  };
}
