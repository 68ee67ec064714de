import t from "tap";
import { Secret } from "../kinds/secret.ts";
import { readObject, validateObject } from "../schema/read-object.ts";
import {
  bootstrapTokenSecret,
  formatBootstrapToken,
  isExpiredToken,
  newBootstrapToken,
  parseBootstrapToken,
  readBootstrapToken,
} from "./bootstrap-token.ts";

t.test("a token and its text", async (t) => {
  const token = newBootstrapToken();
  t.same(parseBootstrapToken(formatBootstrapToken(token)), token);
  t.not(newBootstrapToken().secret, token.secret);
  for (const text of [
    "",
    "abcdef",
    "abcdef.0123456789abcde",
    "ABCDEF.0123456789abcdef",
    "abcdef.0123456789abcdef.x",
    "abcdef.0123456789abcdef\n",
  ])
    t.equal(parseBootstrapToken(text), undefined, JSON.stringify(text));
});

t.test("a token and its Secret", async (t) => {
  const token = { id: "abcdef", secret: "0123456789abcdef" };
  const expiresAt = Date.parse("2030-01-01T00:00:00Z");
  const secret = bootstrapTokenSecret(token, {
    expiresAt,
    description: "for tests",
    groups: ["system:bootstrappers:lab"],
  });
  const { object, errors } = readObject(Secret, structuredClone(secret));
  t.same([...errors, ...validateObject(Secret, object)], [], "is what the server takes");
  const record = readBootstrapToken(secret);
  t.same(record, {
    ...token,
    expiresAt,
    authenticates: true,
    groups: ["system:bootstrappers:lab"],
    description: "for tests",
  });
  if (!record) return;
  t.notOk(isExpiredToken(record, expiresAt - 1));
  t.ok(isExpiredToken(record, expiresAt));
  t.notOk(isExpiredToken({ ...record, expiresAt: undefined }, Number.MAX_SAFE_INTEGER));
});

t.test("what is no good token is none", async (t) => {
  const good = bootstrapTokenSecret({ id: "abcdef", secret: "0123456789abcdef" }, {});
  t.ok(readBootstrapToken(good));
  const data = (changes: Record<string, string>): Secret => ({
    ...good,
    data: {
      ...good.data,
      ...Object.fromEntries(
        Object.entries(changes).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
      ),
    },
  });
  const cases: Record<string, Secret> = {
    "another type": { ...good, type: "Opaque" },
    "another namespace": { ...good, metadata: { ...good.metadata, namespace: "default" } },
    "another name": { ...good, metadata: { ...good.metadata, name: "bootstrap-token-zzzzzz" } },
    "another id": data({ "token-id": "zzzzzz" }),
    "no secret": data({ "token-secret": "" }),
    "an end that is no time": data({ expiration: "soon" }),
    "a group of others": data({ "auth-extra-groups": "system:bootstrappers:a,system:masters" }),
  };
  for (const [what, secret] of Object.entries(cases)) t.equal(readBootstrapToken(secret), undefined, what);
  t.equal(readBootstrapToken(data({ "usage-bootstrap-authentication": "yes" }))?.authenticates, false);
});
