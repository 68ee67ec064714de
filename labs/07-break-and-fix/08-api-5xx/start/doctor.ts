/**
 * node doctor.ts          one line for each API server below $SERVERS that is not ready: NAME CAUSE
 * node doctor.ts --fix    the same, and makes them ready
 *
 * CAUSE                means                                                       cure
 * etcd-unreachable     nobody listens where it looks for etcd                      the address that another server has, and a restart
 * certificate-ended    the certificate that it shows to etcd has ended             a new one from etcd's authority, and a restart
 *
 * An API server is a directory of $SERVERS. What a service manager knows of it is in unit.json there, and @drydock/labs has readUnit, pidOfUnit,
 * startUnit and stopUnit for it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { readUnit, startUnit, stopUnit } from "@drydock/labs";

/** Of one API server; it reads them when it starts. */
interface Settings {
  port: number;
  /** The etcd that it asks: https://127.0.0.1:2379 */
  etcd: string;
  /** A file, PEM: the certificate and the key that it shows to etcd. */
  etcdClient: string;
  /** The directory of the authorities: ensurePki of @drydock/control-plane reads it. */
  pki: string;
}

// For what is only asked whether it is well, and told nothing.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";

const directory = process.env.SERVERS ?? "/tmp/lab-servers";
for (const name of readdirSync(directory).sort()) {
  const unit = readUnit(directory, name);
  const settings: Settings = JSON.parse(readFileSync(unit.settings, "utf8"));
  const response = await fetch(`https://127.0.0.1:${settings.port}/readyz?verbose`);
  if (response.ok) continue;
  console.log(`${name} ?`);
  // Have you tried turning it off and on again?
  if (process.argv.includes("--fix")) {
    await stopUnit(unit);
    startUnit(unit);
  }
}
