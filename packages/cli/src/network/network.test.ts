import t from "tap";
import { formatCidr, overlaps, parseCidr } from "./cidr.ts";
import { chooseNetwork, planNetwork } from "./plan.ts";

t.test("networks are read and written", async (t) => {
  const cidr = parseCidr("10.88.0.0/16");
  t.ok(cidr);
  t.equal(cidr && formatCidr(cidr), "10.88.0.0/16");
  for (const wrong of ["10.88.0.0", "10.88.0.1/16", "10.88.0.256/32", "10.88.0.0/33", "a.b.c.d/8", ""]) {
    t.equal(parseCidr(wrong), undefined, wrong);
  }
});

t.test("overlap", async (t) => {
  const pairs: [string, string, boolean][] = [
    ["10.0.0.0/8", "10.88.0.0/16", true],
    ["10.88.0.0/16", "10.88.3.0/24", true],
    ["10.88.0.0/16", "10.89.0.0/16", false],
    ["10.88.255.255/32", "10.89.0.0/16", false],
    ["0.0.0.0/0", "10.88.0.0/16", true],
  ];
  for (const [a, b, expected] of pairs) {
    const [left, right] = [parseCidr(a), parseCidr(b)];
    t.equal(left && right && overlaps(left, right), expected, `${a} and ${b}`);
    t.equal(left && right && overlaps(right, left), expected, `${b} and ${a}`);
  }
});

t.test("addresses of a cluster", async (t) => {
  const plan = planNetwork("10.88.0.0/16");
  t.equal(plan.gateway, "10.88.0.1");
  t.same(plan.node(1), { address: "10.88.0.11", podCidr: "10.88.1.0/24" });
  t.same(plan.node(200), { address: "10.88.0.210", podCidr: "10.88.200.0/24" });
});

t.test("a network that nobody uses", async (t) => {
  t.equal(chooseNetwork(["0.0.0.0/0", "192.168.1.0/24"]), "10.88.0.0/16", "the default route is in nobody's way");
  t.equal(chooseNetwork(["10.88.7.0/24", "10.89.0.1/32"]), "10.90.0.0/16");
  t.equal(chooseNetwork(["10.0.0.0/9"]), "10.128.0.0/16");
  const allButFlannel = [...Array(256).keys()].filter((i) => i !== 244).map((i) => `10.${i}.0.0/16`);
  t.equal(chooseNetwork(allButFlannel), "10.244.0.0/16", "what others use by default comes last");
  t.equal(chooseNetwork(["10.0.0.0/8"]), undefined);
});
