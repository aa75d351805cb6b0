// One program, another set of resources in each round.
import pulumi from "@pulumi/pulumi";

class Shape extends pulumi.CustomResource {
  constructor(name, args, opts) {
    super("shape:index:Shape", name, args, opts);
  }
}
class Group extends pulumi.ComponentResource {
  constructor(name, opts) {
    super("shape:index:Group", name, {}, opts);
    this.member = new Shape(`${name}-member`, { form: "square" }, { parent: this });
    this.registerOutputs({ member: this.member.urn, round: process.env.ROUND });
  }
}

const rounds = {
  begin() {
    const first = new Shape("first", { form: "round", password: pulumi.secret("hidden") });
    new Shape("second", { form: "round" }, { dependsOn: first });
    new Shape("third", { form: "round" }, { deleteBeforeReplace: true, replaceWith: [first] });
    new Shape("leaving", { form: "round" }, { protect: false });
    new Group("old-group");
  },
  change() {
    const first = new Shape("first", { form: "round", size: 2, password: pulumi.secret("hidden") });
    const second = new Shape("second", { form: "square" }, { dependsOn: first });
    new Shape("third", { form: "square" }, { deleteBeforeReplace: true, dependsOn: second, replaceWith: [first] });
    new Group("new-group", { aliases: [{ name: "old-group" }] });
    new Shape("joining", { form: "round" });
  },
  fail() {
    const first = new Shape("first", { form: "round", size: 3, fail: true });
    new Shape("second", { form: "round", fail: true });
    new Shape("third", { form: "square" });
    new Shape("never", { form: "round", fail: true });
    new Group("new-group");
    new Shape("after", { form: "round" }, { dependsOn: first });
  },
  /** Of the stack that `begin` made. */
  refer() {
    const other = new pulumi.StackReference("organization/rounds/other");
    new Shape("first", { form: other.requireOutput("round"), password: other.getOutput("secret") });
  },
};

rounds[process.env.ROUND]();
export const round = process.env.ROUND;
export const secret = pulumi.secret("of the other");
