import pulumi from "@pulumi/pulumi";

class Slow extends pulumi.CustomResource {
  constructor(name, args) {
    super("slow:index:Slow", name, { ...args, made: undefined });
  }
}

export const made = new Slow("slow", { value: "v" }).made;
export const secret = pulumi.secret("in-no-file-in-plain-text");
