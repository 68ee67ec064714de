import t from "tap";
import { parseChallenges } from "./challenge.ts";

const parse = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

t.test("what registries send", async (t) => {
  t.same(
    parse('Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"'),
    [
      [
        "bearer",
        { realm: "https://auth.docker.io/token", service: "registry.docker.io", scope: "repository:a/b:pull" },
      ],
    ],
  );
  t.same(parse('Basic realm="Registry Realm"'), [["basic", { realm: "Registry Realm" }]]);
  t.same(parse('BEARER Realm=https://x , error="insufficient_scope"'), [
    ["bearer", { realm: "https://x", error: "insufficient_scope" }],
  ]);
  t.same(parse('Negotiate, Basic realm="a \\"quoted\\", one", Bearer realm="b"'), [
    ["negotiate", {}],
    ["basic", { realm: 'a "quoted", one' }],
    ["bearer", { realm: "b" }],
  ]);
});

t.test("nonsense ends the list and never hangs", async (t) => {
  t.same(parse(""), []);
  t.same(parse("=="), []);
  t.match(parse('Basic realm="unclosed')[0], ["basic", {}]);
  t.same(parse(",".repeat(10_000)), []);
});
