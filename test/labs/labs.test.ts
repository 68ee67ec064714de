/** Every lab whose needs this machine meets, proved. In the lab VM, where LABS_THAT_NEED says so, those alone that the host could not. */
import t from "tap";
import { labsFor, leftCgroups, proveLab } from "./prove.ts";

const only = process.env.LABS_THAT_NEED;
const labs = (await labsFor({ vm: false })).filter(({ needs }) => only === undefined || needs.includes(only));
t.test("there are labs", async (t) => {
  t.ok(labs.length > 0);
});
t.test("proofs", { jobs: 2, timeout: 600_000 }, async (t) => {
  for (const lab of labs) {
    t.test(`${lab.number} ${lab.id}`, { buffered: true, timeout: 300_000 }, (t) => proveLab(t, lab, { vm: false }));
  }
});
t.test("no cgroup is left", async (t) => {
  t.same(leftCgroups(), []);
});
