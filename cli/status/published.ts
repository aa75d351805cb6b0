import type { StackOutputs } from "../stack-outputs.ts";
import type { Component } from "./declared.ts";

/** An address that the stack publishes over HTTPS. */
export interface Published {
  readonly url: string;
  /** PEM of the authority to trust there; undefined for those that every machine knows. */
  readonly authority?: string;
  /** The component whose workload answers there. */
  readonly of: { readonly type: string; /** Where there are many of its class. */ readonly name?: string };
  /** What to call it where the stack has no such workload. */
  readonly what: string;
}

/** Every address of the stack's outputs. */
export function publishedAddresses({ portalUrl, workspaces, apps = [], mesh, caCertificate }: StackOutputs): Published[] {
  const ofMany = (type: string) => ({ name, url }: { name: string; url: string }): Published =>
    ({ url, authority: caCertificate, of: { type, name }, what: `${type.toLowerCase()} ${name}` });
  return [
    { url: portalUrl, authority: caCertificate, of: { type: "Portal" }, what: "portal" },
    ...(mesh?.loginServer === undefined ? [] : [{ url: mesh.loginServer, authority: mesh.caCertificate, of: { type: "Headscale" }, what: "mesh server" }]),
    ...workspaces.map(ofMany("Workspace")),
    ...apps.map(ofMany("App")),
  ];
}

export function answersAt(component: Component | undefined, { of }: Published): boolean {
  return component !== undefined && component.type === of.type && (of.name === undefined || component.name === of.name);
}
