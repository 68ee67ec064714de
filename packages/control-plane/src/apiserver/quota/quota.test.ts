import t from "tap";
import { startTestControlPlane } from "../test-support/start-control-plane.ts";

t.test("a quota is held exactly, however many objects are made at once, by two servers", async (t) => {
  const plane = await startTestControlPlane();
  t.teardown(() => plane.close());
  const { admin } = plane;
  await plane.startAnother();
  const ns = "/api/v1/namespaces/default";
  const used = async () => (await admin.call("GET", `${ns}/resourcequotas/q`)).json.status?.used;
  const map = (name: string) => admin.call("POST", `${ns}/configmaps`, { body: { metadata: { name } } });
  const pod = (name: string, cpu: string) =>
    admin.call("POST", `${ns}/pods`, {
      body: { metadata: { name }, spec: { containers: [{ name: "c", image: "i", resources: { requests: { cpu } } }] } },
    });
  t.equal((await map("before")).status, 201);
  const hard = { configmaps: "6", pods: "2", "requests.cpu": "1" };
  t.equal(
    (await admin.call("POST", `${ns}/resourcequotas`, { body: { metadata: { name: "q" }, spec: { hard } } })).status,
    201,
  );
  const first = await map("first");
  t.equal(first.status, 201);
  // The quota is held from when the server's cache has it, a moment after it was stored.
  for (let i = 0; i < 500 && (await used()) === undefined; i++) {
    await admin.call("DELETE", `${ns}/configmaps/first`);
    await map("first");
  }
  t.match(await used(), { configmaps: "2", pods: "0", "requests.cpu": "0" }, "what was there before counts");

  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => map(`m-${i}`)));
  t.equal(answers.filter(({ status }) => status === 201).length, 4);
  t.match(answers.find(({ status }) => status !== 201)?.json, {
    code: 403,
    reason: "Forbidden",
    message:
      /^configmaps "m-\d+" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=6, limited: configmaps=6$/,
  });
  t.equal((await used()).configmaps, "6");
  t.equal((await map("first")).status, 403, "not even what is there already");
  t.equal((await admin.call("DELETE", `${ns}/configmaps/first`)).status, 200);
  t.equal((await map("first")).status, 201, "a place that is free");
  t.equal((await map("first")).status, 403);

  t.equal((await pod("a", "600m")).status, 201);
  t.match(
    (await pod("b", "600m")).json.message,
    /requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1/,
  );
  t.equal((await pod("b", "400m")).status, 201);
  t.equal((await pod("c", "0")).status, 403, "two pods are enough");
  await admin.call("DELETE", `${ns}/pods/a`);
  t.match(await used(), { pods: "1", "requests.cpu": "400m" });
  t.equal(
    (
      await admin.call("POST", `${ns}/pods?dryRun=All`, {
        body: { metadata: { name: "d" }, spec: { containers: [{ name: "c", image: "i" }] } },
      })
    ).status,
    201,
  );
  t.match(await used(), { pods: "1" }, "a dry run takes nothing");
  t.equal((await pod("b", "100m")).status, 409);
  t.match(await used(), { pods: "1", "requests.cpu": "400m" }, "what was not stored takes nothing");
});
