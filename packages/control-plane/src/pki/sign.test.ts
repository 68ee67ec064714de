import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { signCertificate } from "./sign.ts";

t.test("the issuer is the name of the authority to the byte, also of one that another tool made", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "drydock-sign-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const openssl = (args: string, input = "") =>
    execFileSync("openssl", args.split(" "), { cwd: directory, input, stdio: ["pipe", "pipe", "ignore"] }).toString();
  openssl(
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=elsewhere -keyout ca.key -out ca.crt",
  );
  const [cert, key] = await Promise.all([
    readFile(join(directory, "ca.crt"), "utf8"),
    readFile(join(directory, "ca.key"), "utf8"),
  ]);
  const leaf = await signCertificate({ cert, key }, { commonName: "leaf", usages: ["client"], days: 1 });
  // OpenSSL writes UTF8String, we PrintableString. Go refuses a chain whose names differ in that.
  const encodings = openssl("asn1parse", leaf.cert).match(/(UTF8|PRINTABLE)STRING +:\w+/g);
  t.same(
    encodings?.map((text) => text.replace(/ +/, " ")),
    ["UTF8STRING :elsewhere", "PRINTABLESTRING :leaf"],
  );
});
