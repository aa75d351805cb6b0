import { describe, expect, it } from "vitest";
import { exitCodeOf } from "../commands/preview.ts";
import { previewIn } from "./changes.ts";
import { receiptOf, type Receipt } from "./receipt.ts";
import { commentMark, receiptMarkdown, receiptText } from "./render.ts";
import { recorded } from "./testing/recorded.ts";
import { personWords, systemWords } from "./words.ts";

// A guild of ada, whose home is kept, and bob, whose isn't, with a mesh; of each edit to its config the preview was recorded.

const of = (edit: string): Receipt => receiptOf("lab", previewIn(recorded(edit)));
const people = ({ people: all }: Receipt) => Object.fromEntries(all.map((one) => [one.handle, personWords(one)]));
const systems = ({ systems: all }: Receipt) => Object.fromEntries(all.map((one) => [one.name, systemWords(one)]));
const untouched = { ada: "not affected", bob: "not affected" };

describe("nothing to do", () => {
  it("touches nobody", () => {
    const receipt = of("guild");
    expect(receipt).toMatchObject({ isUnchanged: true, failed: false, systems: [], opens: [], loses: [] });
    expect(people(receipt)).toEqual(untouched);
    expect(receiptText(receipt)).toMatch(/^The stack lab has nothing to do\.\n[^]*ada {2}not affected\n/);
  });
});

describe("people", () => {
  it("who join get a workspace, and nobody else waits", () => {
    const receipt = of("add");
    expect(people(receipt)).toEqual({ ...untouched, carol: "joins; workspace is made, with home of 5Gi" });
    expect(systems(receipt)).toEqual({
      headscale: "goes on (HeadscaleUser mesh-user-carol, HeadscalePolicy mesh-policy)",
      portal: "goes on (ConfigMap people)",
    });
    expect(receipt.opens.map(({ where }) => where)).toEqual(["ws-carol", "ws-carol"]);
  });

  it("who leave take a home with them that is not kept, and leave one that is", () => {
    const bob = of("removeBob");
    expect(people(bob)["bob"]).toBe(
      "leaves, and is signed out; workspace goes, home of 5Gi is deleted, with all that is in it",
    );
    expect(bob.loses).toEqual(["PersistentVolumeClaim ws-bob/home"]);
    const ada = of("removeAda");
    expect(people(ada)["ada"]).toBe("leaves, and is signed out; workspace goes, home is kept");
    expect(ada.loses).toEqual([]);
    // She was the admin.
    expect(systems(ada)["portal"]).toMatch(/^restarts once \(environment GUILDNET_ADMINS\); reaches everybody/);
  });
});

describe("a workspace", () => {
  it("starts anew for its environment, its size, its image, and says why", () => {
    expect(people(of("env"))).toEqual({
      ...untouched,
      ada: "workspace restarts once (environment EDITOR), home untouched",
    });
    expect(people(of("resize"))).toEqual({
      ...untouched,
      bob: "workspace restarts once (resources, volumes), home grows from 5Gi to 10Gi",
    });
    const all = people(of("image"));
    expect(all["ada"]).toMatch(
      /^workspace restarts once \(image \S+ → docker\.io\/guildnet\/workspace:9\), home untouched$/,
    );
    expect(all["bob"]).toBe(all["ada"]);
  });

  it("starts anew for an image that has its digest only once it is pushed", () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const log = JSON.parse(
      JSON.stringify(recorded("image")).replaceAll("docker.io/guildnet/workspace:9", unknown),
    ) as object[];
    const { ada, bob } = people(receiptOf("lab", previewIn(log)));
    expect(ada).toMatch(/^workspace restarts once \(image \S+ → one that is pushed first\), home untouched$/);
    expect(bob).toBe(ada);
  });

  it("goes on where a port or a network is opened, which is told", () => {
    const ports = of("ports");
    expect(people(ports)["ada"]).toMatch(/^workspace goes on .*, home untouched$/);
    expect(ports.opens).toEqual([{ where: "ws-ada", what: "in from portal of guildnet-portal, TCP 3000" }]);
    // The internet is closed to both; to bob a private network is opened.
    expect(of("networks").opens).toEqual([{ where: "ws-bob", what: "out to 192.168.7.0/24" }]);
  });

  it("goes on where its home is not kept any more, which is told", () => {
    expect(people(of("keep"))["ada"]).toMatch(/home untouched, but goes with it from now on$/);
  });

  it("is one thing of its owner's, an app another", () => {
    const app = of("app");
    expect(people(app)).toEqual({ ...untouched, ada: "app wiki is made" });
    expect(app.opens).toContainEqual({ where: "app wiki", what: "to all members" });
  });
});

describe("what is everybody's", () => {
  it("is said once, with whom it reaches, however many objects the engine announces", () => {
    const port = of("port");
    expect(previewIn(recorded("port")).changes.length).toBeGreaterThan(100);
    expect(people(port)).toEqual(untouched);
    expect(port.cluster).toEqual({ effect: "changes", because: ["publish"] });
    expect(systems(port)["portal"]).toMatch(
      /^restarts once \(.*GUILDNET_ORIGIN.*\); reaches everybody who is signed in/,
    );
    expect(port.opens).toContainEqual({ where: "this machine", what: "listens at 127.0.0.1:21610" });
  });

  it("has its secrets made anew, where that is asked for", () => {
    const rotate = of("rotate");
    expect(people(rotate)).toEqual(untouched);
    expect(rotate.secrets).toEqual([
      "HeadscalePreAuthKey mesh-device-laptop",
      "HeadscalePreAuthKey router-key",
      "Secret guildnet-router/auth-key",
    ]);
  });

  it("goes, and keeps its volumes", () => {
    const gone = of("removeMesh");
    expect(people(gone)).toEqual(untouched);
    expect(systems(gone)["headscale"]).toBe("goes, volume headscale is kept; reaches whoever uses it, for good");
    expect(gone.loses).toEqual([]);
    expect(gone.certificates).toContain("portal-certificate");
  });

  it("reaches whom it says itself, and of one that says nothing whoever uses it", () => {
    const reached = (edit: (inputs: object) => object) => {
      const log = JSON.parse(JSON.stringify(recorded("port")), (_, value: { type?: string; old?: object }) =>
        value?.type === "guildnet:index:Portal" ? edit(value) : value,
      ) as object[];
      return systems(receiptOf("lab", previewIn(log)))["portal"];
    };
    const saying = (inputs: object) => (step: object) => ({ ...step, old: { inputs }, new: { inputs } });
    expect(reached(saying({ reaches: "ada alone" }))).toMatch(/; reaches ada alone$/);
    expect(reached(saying({}))).toMatch(/; reaches whoever uses it: it is away for some seconds$/);
  });
});

describe("a cold preview", () => {
  it("knows whose everything will be, with no cluster to ask", () => {
    const cold = of("cold");
    const joins = "joins; workspace is made, with home of 5Gi";
    expect(people(cold)).toEqual({ ada: joins, bob: joins });
    expect(cold.cluster).toEqual({ effect: "made", because: [] });
    expect(systems(cold)["portal"]).toBe("is made");
    expect(cold.counts).toMatchObject({ updated: 0, replaced: 0, deleted: 0 });
    expect(cold.opens.map(({ where }) => where)).toEqual(expect.arrayContaining(["this machine", "ws-ada", "ws-bob"]));
  });
});

describe("a preview that failed", () => {
  it("says why, and nothing of what a part of it would do", () => {
    const failed = of("internet");
    expect(failed).toMatchObject({ failed: true, isUnchanged: false });
    expect(receiptText(failed)).toBe("The preview of the stack lab failed; nothing of it is done.\n");
    expect(receiptMarkdown(failed)).toMatch(/```text\nThe stack's config [^]*workspaces\[1\]\.internet\[0\]/);
  });

  it("tells which policies refuse, and of others which advise", () => {
    const policyEvent = {
      resourceUrn: "urn:pulumi:lab::guildnet::kubernetes:apps/v1:Deployment::ada-deployment",
      message: "<{%reset%}>say @which <b>digest</b><{%reset%}>\n",
      policyName: "pinned-images",
      policyPackName: "guildnet",
    };
    const withPolicy = (enforcementLevel: string, failed = false) =>
      receiptOf("lab", previewIn([...recorded("env"), { policyEvent: { ...policyEvent, enforcementLevel } }]), {
        failed,
      });
    const advised = withPolicy("advisory");
    expect(receiptText(advised)).toContain(
      "Policies refuse: nothing\nPolicies advise:\n  pinned-images (ada-deployment): say @which <b>digest</b>\n",
    );
    expect(receiptMarkdown(advised)).toContain(String.raw`say @​which \<b\>digest\</b\>`);
    expect(receiptText(withPolicy("mandatory", true))).toMatch(/^Policies refuse what the stack lab would be/);
  });
});

describe("for a pull request", () => {
  it("begins with a mark by which the comment is found again, and names each person", () => {
    const lines = receiptMarkdown(of("env")).split("\n");
    expect(lines[0]).toBe(commentMark("lab"));
    expect(lines).toContain("| **ada** | workspace restarts once (environment EDITOR), home untouched |");
    expect(lines).toContain("| bob | not affected |");
  });
});

describe("the exit code", () => {
  it("is terraform's, once asked for", () => {
    expect(["guild", "env", "internet"].map((edit) => exitCodeOf(of(edit), true))).toEqual([0, 2, 1]);
    expect(["guild", "env", "internet"].map((edit) => exitCodeOf(of(edit), false))).toEqual([0, 0, 1]);
  });
});

it("knows every operation of the engine's, or says which it doesn't", () => {
  const [first] = recorded("env") as { resourcePreEvent: { metadata: object } }[];
  expect(() =>
    previewIn([{ resourcePreEvent: { metadata: { ...first?.resourcePreEvent.metadata, op: "melt" } } }]),
  ).toThrow(/op/);
});
