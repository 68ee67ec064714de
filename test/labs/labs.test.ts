/** Every lab whose needs this machine meets, proved. */
import t from "tap";
import { labsFor, proveLab } from "./prove.ts";

const labs = await labsFor({ vm: false });
t.jobs = 2;
t.test("there are labs", async (t) => {
  t.ok(labs.length > 0);
});
for (const lab of labs) {
  t.test(`${lab.number} ${lab.id}`, { buffered: true }, (t) => proveLab(t, lab, { vm: false }));
}
