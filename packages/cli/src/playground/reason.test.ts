import t from "tap";
import { reasonIn } from "./reason.ts";

t.test("what is wrong, without the stack that hides it", async (t) => {
  const said = [
    "/usr/share/gems/driver.rb:521:in `destroy': Call to virDomainDestroy failed: Device or resource busy (Libvirt::Error)",
    "\tfrom /usr/share/gems/driver.rb:521:in `halt'",
    "\tfrom /usr/bin/vagrant:25:in `load'",
    "",
  ];
  t.strictSame(reasonIn(said), [said[0]]);
  t.strictSame(reasonIn(Array.from({ length: 20 }, (_, i) => `line ${i}`)).length, 8, "the last lines of a long story");
});
