import * as fc from "fast-check";
import t from "tap";
import { formatReference, normalizeReference, parseReference } from "./parse-reference.ts";

const hex = "a".repeat(64);

// What a person writes, and docker's and containerd's reading of it (github.com/distribution/reference,
// ParseDockerRef).
const good: [string, string][] = [
  ["busybox", "docker.io/library/busybox:latest"],
  ["busybox:1.36", "docker.io/library/busybox:1.36"],
  ["team/app", "docker.io/team/app:latest"],
  ["docker.io/busybox", "docker.io/library/busybox:latest"],
  ["docker.io/team/app", "docker.io/team/app:latest"],
  ["index.docker.io/busybox", "docker.io/library/busybox:latest"],
  ["localhost/app", "localhost/app:latest"],
  ["localhost:5000/app:1", "localhost:5000/app:1"],
  ["127.0.0.1:5000/a/b/c:v1.0_x-y", "127.0.0.1:5000/a/b/c:v1.0_x-y"],
  ["[::1]:5000/app", "[::1]:5000/app:latest"],
  ["ghcr.io/team/app", "ghcr.io/team/app:latest"],
  ["ghcr.io/team/my__app/x-y--z.1", "ghcr.io/team/my__app/x-y--z.1:latest"],
  ["Registry/app", "Registry/app:latest"],
  [`busybox@sha256:${hex}`, `docker.io/library/busybox@sha256:${hex}`],
  [`busybox:1@sha256:${hex}`, `docker.io/library/busybox:1@sha256:${hex}`],
];

t.test("defaults are docker's", async (t) => {
  for (const [text, expected] of good) t.equal(normalizeReference(text), expected, text);
});

const bad: [string, RegExp][] = [
  ["", /is empty/],
  ["a b", /white space/],
  ["https://ghcr.io/app", /is a URL/],
  [hex, /bare digest/],
  ["App", /upper-case/],
  ["ghcr.io/Team/app", /upper-case/],
  ["app:", /"" is not a tag/],
  ["app:-1", /is not a tag/],
  [`app:${"t".repeat(129)}`, /is not a tag/],
  ["app@", /is not a digest/],
  ["app@sha256:123", /is not a digest/],
  [`app@sha256:${hex.toUpperCase()}`, /is not a digest/],
  ["a//b", /is not a part/],
  ["a/../b", /is not a part/],
  ["-app", /is not a part/],
  ["a___b", /is not a part/],
  ["ghcr.io/", /no repository/],
  ["my_host:5000/app", /not the name of a registry/],
  [":5000/app", /not the name of a registry/],
  [`ghcr.io/${"a/".repeat(130)}a`, /longer than 255/],
];

t.test("errors say what is wrong, and what to write instead", async (t) => {
  for (const [text, message] of bad) {
    t.throws(() => parseReference(text), { code: "IMAGE_BAD_REFERENCE", message, hint: String }, JSON.stringify(text));
  }
  t.throws(() => parseReference("App"), { code: "IMAGE_BAD_REFERENCE", message: /upper-case/, hint: "use app" });
  t.throws(() => parseReference("https://ghcr.io/app"), {
    code: "IMAGE_BAD_REFERENCE",
    message: /URL/,
    hint: "leave the scheme out: ghcr.io/app",
  });
});

t.test("what is normalised stays as it is; nothing throws anything else", async () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z0-9./:@_-]{1,40}$/)), (text) => {
      let normal: string;
      try {
        normal = normalizeReference(text);
      } catch (error) {
        if ((error as { code?: string }).code !== "IMAGE_BAD_REFERENCE") throw error;
        return;
      }
      if (formatReference(parseReference(normal)) !== normal) throw new Error(`${normal} is not stable`);
    }),
    { numRuns: 2000 },
  );
});
