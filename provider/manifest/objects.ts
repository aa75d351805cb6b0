import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { ActionableError } from "../errors.ts";

/** What every object has. */
export const object = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});
const crdSpec = z.looseObject({
  group: z.string(),
  names: z.looseObject({ plural: z.string() }),
  versions: z.array(z.looseObject({ name: z.string(), served: z.boolean() })),
  conversion: z.looseObject({ strategy: z.string() }).optional(),
});

/** One object of a manifest. */
export type ManifestObject = z.infer<typeof object>;

/** What a custom resource definition defines. */
export interface Defined {
  readonly plural: string;
  /** `group/version` of each version that is served. */
  readonly groupVersions: readonly string[];
  /** Its own controller writes into it then: the authority of its webhook. */
  readonly convertsByWebhook: boolean;
}

/**
 * The objects of a file of YAML documents; empty documents count for nothing.
 *
 * @param name of the file, for messages.
 * @throws ActionableError `manifest-invalid`.
 */
export function objectsOf(text: string, name: string): ManifestObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const mistake = (words: string): ActionableError =>
      new ActionableError("manifest-invalid", `${name} is no manifest: ${words}`);
    const [error] = document.errors;
    if (error !== undefined) throw mistake(error.message);
    const value: unknown = document.toJS();
    if (value === null || value === undefined) return [];
    const { data } = object.safeParse(value);
    if (data === undefined) throw mistake("a document lacks apiVersion, kind or metadata.name");
    return [data];
  });
}

/** What an object defines; undefined where it is no custom resource definition. */
export function definedBy({ apiVersion, kind, spec }: ManifestObject): Defined | undefined {
  if (kind !== "CustomResourceDefinition" || !apiVersion.startsWith("apiextensions.k8s.io/")) return undefined;
  const { group, names, versions, conversion } = crdSpec.parse(spec);
  const groupVersions = versions.filter(({ served }) => served).map(({ name }) => `${group}/${name}`);
  return { plural: names.plural, groupVersions, convertsByWebhook: conversion?.strategy === "Webhook" };
}
