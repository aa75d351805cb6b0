import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startApiServer, type TestApiServer } from "../../pod/testing/api-server.ts";
import { ClusterSignOuts } from "./sign-outs.ts";

const collection = "/api/v1/namespaces/default/configmaps";
let api: TestApiServer;
beforeAll(async () => void (api = await startApiServer()));
afterAll(() => api.close());

function signOuts(warnings: string[] = []): ClusterSignOuts {
  const made = new ClusterSignOuts({
    kubeConfig: api.kubeConfig,
    warn: (message, { message: why }) => void warnings.push(`${message}: ${why}`),
    retryMs: 5,
  });
  onTestFinished(() => made.stop());
  return made;
}

test("sign-outs are waited for until the API server tells them", async () => {
  const warnings: string[] = [];
  const reading = signOuts(warnings).read();
  await expect.poll(() => warnings[0]).toBe("sign-outs not readable yet: the API server answered 404");
  api.put(collection, { metadata: { name: "sign-outs", namespace: "default" } });
  expect(await reading).toEqual(new Map());
});

test("what is written is read again, each session for itself", async () => {
  await signOuts().change(new Map([["first", 100.5]]));
  await signOuts().change(new Map([["second", 200]]));
  expect(await signOuts().read()).toEqual(
    new Map([
      ["first", 100.5],
      ["second", 200],
    ]),
  );
  await signOuts().change(
    new Map<string, number | undefined>([
      ["first", undefined],
      ["third", 300],
    ]),
  );
  expect(await signOuts().read()).toEqual(
    new Map([
      ["second", 200],
      ["third", 300],
    ]),
  );
});

test("what another hand writes there is heard at once", async () => {
  const own = signOuts();
  await own.read();
  const heard: ReadonlyMap<string, number>[] = [];
  own.onChange((entries) => heard.push(entries));
  await expect.poll(() => api.watching(collection)).toBe(true);
  api.put(collection, {
    metadata: { name: "sign-outs", namespace: "default" },
    data: { "person.bob": "123.5" },
  } as never);
  await expect.poll(() => heard.at(-1)).toEqual(new Map([["person.bob", 123.5]]));
});

test("what cannot be written is told", async () => {
  api.refuse(collection, 403);
  await expect(signOuts().change(new Map([["fourth", 400]]))).rejects.toMatchObject({
    statusCode: 503,
    code: "sign_out_not_kept",
  });
  api.refuse(collection, undefined);
});
