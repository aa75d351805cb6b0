import { debianTool } from "./debian-tool.ts";

/** What the embedded node is made of, beside Kubernetes: container runtime, network plugins, supervisor, the way in and out. */
export const nodePackages = debianTool({
  name: "node-packages",
  title: "The embedded node's system packages",
  packages: [
    "containerd",
    "runc",
    "containernetworking-plugins",
    "slirp4netns",
    "haproxy",
    "runit",
    "nftables",
    "iptables",
    "ipset",
    "iproute2",
    "util-linux",
    "e2fsprogs",
  ],
  programs: [
    "containerd",
    "runc",
    "/usr/lib/cni/bridge",
    "/usr/lib/cni/portmap",
    "slirp4netns",
    "haproxy",
    "runsvdir",
    "nft",
    "iptables",
    "ipset",
    "ip",
    "nsenter",
    "mkfs.ext4",
    "resize2fs",
  ],
  services: ["containerd", "haproxy"],
});

/** Builds container images from Dockerfiles, and Debian's base image where no registry of images is in reach. */
export const imageBuilder = debianTool({
  name: "image-builder",
  title: "The image builder's system packages",
  packages: ["buildah", "mmdebstrap"],
  programs: ["buildah", "mmdebstrap"],
});

/** Compiles what of a Go program is C++. */
export const cCompiler = debianTool({
  name: "c-compiler",
  title: "A C++ compiler",
  packages: ["g++", "libc6-dev"],
  programs: ["gcc", "g++"],
});

/** The browser of the browser tests, and what makes it trust an authority. */
export const chromium = debianTool({
  name: "chromium",
  title: "Chromium",
  packages: ["chromium", "libnss3-tools", "fonts-dejavu-core"],
  programs: ["chromium", "certutil"],
});

/** What the portal is compared with, by tests and benchmarks, what asks both of them as fast as they can answer, and what speaks in tests of networks. */
export const httpTools = debianTool({
  name: "http-tools",
  title: "nginx, a load generator and socat",
  packages: ["nginx", "nghttp2-client", "socat"],
  programs: ["nginx", "h2load", "socat"],
  services: ["nginx"],
});
