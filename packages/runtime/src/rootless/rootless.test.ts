import t from "tap";
import { defaultConfig } from "../bundle/default-config.ts";
import { rootlessConfig } from "../bundle/rootless-config.ts";
import { validateConfig } from "../config/validate-config.ts";
import { forbiddenBy } from "./check-rootless.ts";
import { parseSubordinateIds, type UserIds } from "./subordinate-ids.ts";

const alone: UserIds = { name: "jane", uid: 1000, gid: 1001, subuids: [], subgids: [] };
const given: UserIds = {
  ...alone,
  subuids: [
    { first: 100_000, count: 65_536 },
    { first: 500_000, count: 10 },
  ],
  subgids: [{ first: 200_000, count: 65_536 }],
  newuidmap: "/usr/bin/newuidmap",
  newgidmap: "/usr/bin/newgidmap",
};

t.test("lines of /etc/subuid", async (t) => {
  const text = "root:1:5\njane:100000:65536\nbob:1:1\n1000:500000:10\njane:x:y\n\n";
  t.same(parseSubordinateIds(text, "jane", 1000), given.subuids, "by name and by uid; what is no number is left");
  t.same(parseSubordinateIds("", "jane", 1000), []);
});

t.test("a configuration for a user with further ids", async (t) => {
  const { linux, mounts } = validateConfig(rootlessConfig(defaultConfig(), given));
  t.same(linux?.uidMappings, [
    { containerID: 0, hostID: 1000, size: 1 },
    { containerID: 1, hostID: 100_000, size: 65_536 },
    { containerID: 65_537, hostID: 500_000, size: 10 },
  ]);
  t.match(linux?.gidMappings, [{ hostID: 1001 }, { hostID: 200_000 }]);
  t.ok(
    mounts?.some(({ options }) => options?.includes("gid=5")),
    "the group of terminals is there",
  );
});

t.test("and for one without", async (t) => {
  for (const ids of [alone, { ...given, newuidmap: undefined }, { ...given, subgids: [] }]) {
    const { linux, mounts } = validateConfig(rootlessConfig(defaultConfig(), ids as UserIds));
    t.same(linux?.uidMappings, [{ containerID: 0, hostID: 1000, size: 1 }]);
    t.same(linux?.gidMappings, [{ containerID: 0, hostID: 1001, size: 1 }]);
    t.notOk(
      mounts?.some(({ options }) => options?.includes("gid=5")),
      "an option that the kernel would refuse is left out",
    );
  }
});

t.test("hosts that forbid user namespaces", async (t) => {
  const host = (settings: Record<string, string>) => forbiddenBy((file) => settings[file]);
  t.equal(host({ "user/max_user_namespaces": "96365" }), undefined);
  t.match(host({ "user/max_user_namespaces": "0" }), {
    code: "RUNTIME_ROOTLESS",
    message: /user.max_user_namespaces is 0/,
    hint: "as root: sysctl -w user.max_user_namespaces=10000",
  });
  t.match(host({ "kernel/unprivileged_userns_clone": "0" }), { hint: /unprivileged_userns_clone=1/ });
  t.match(host({ "kernel/apparmor_restrict_unprivileged_userns": "1" }), { hint: /userns=0/ });
});
