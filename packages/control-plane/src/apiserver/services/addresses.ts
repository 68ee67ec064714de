import { randomInt } from "node:crypto";
import { isIPv4 } from "node:net";
import { hasCode } from "@drydock/kit";
import { Service } from "@drydock/machinery";
import type { Registry } from "../registry/registry.ts";
import { objectKey } from "../registry/resource.ts";
import { invalid } from "../status/refusals.ts";

/** Where addresses of services come from: 10.96.0.0/16, as kubeadm has it. */
const range = { text: "10.96.0.0/16", first: 0x0a_60_00_00, size: 0x1_00_00 };
const prefix = "/registry/ranges/serviceips/";

/** A service that took an address and is still not there after so long was never stored, ms. */
const graceMs = 60_000;
const guesses = 32;

/** Who has an address, as it is stored under it. */
interface Holder {
  namespace: string;
  name: string;
  uid: string;
  at: number;
}

/**
 * Takes the address that the service asks for, or any that is free. Each address is a key in etcd that is made only when it is not there, so that two
 * servers never give one away twice. One whose service was never stored, or went without giving it back, is taken over. Throws REQUEST_INVALID.
 */
export async function reserveAddress(registry: Registry, service: Service, dryRun: boolean): Promise<string> {
  const wanted = service.spec?.clusterIP;
  if (wanted) {
    // What is no address is refused with the other rules of the kind.
    if (!isIPv4(wanted)) return wanted;
    const place = placeOf(wanted);
    if (place === undefined) {
      throw refused(
        service,
        wanted,
        `the provided IP is not in the valid range. The range of valid IPs is ${range.text}`,
      );
    }
    if (!(await take(registry, service, wanted, dryRun)))
      throw refused(service, wanted, "the provided IP is already allocated");
    return wanted;
  }
  for (let i = 0; i < guesses; i++) {
    // Neither the first address nor the last.
    const address = addressAt(randomInt(1, range.size - 1));
    if (await take(registry, service, address, dryRun)) return address;
  }
  throw refused(service, "", `no free address was found in ${range.text}`);
}

/** Gives the address of a service that is gone back. */
export async function releaseAddress(registry: Registry, service: Service): Promise<void> {
  const address = service.spec?.clusterIP;
  if (!address || !isIPv4(address)) return;
  const stored = await registry.store.get(prefix + address);
  if (!stored || read(stored.value).uid !== service.metadata.uid) return;
  try {
    await registry.store.delete(stored.key, stored.modRevision);
  } catch (error) {
    // Another service has just taken it over.
    if (!hasCode(error, "STORE_CONFLICT", "STORE_NOT_FOUND")) throw error;
  }
}

async function take(registry: Registry, service: Service, address: string, dryRun: boolean): Promise<boolean> {
  const { namespace = "", name, uid = "" } = service.metadata;
  const now = registry.clock.now();
  const holder = Buffer.from(JSON.stringify({ namespace, name, uid, at: now } satisfies Holder));
  const { store } = registry;
  const stored = await store.get(prefix + address);
  if (stored && !(await isAbandoned(registry, address, read(stored.value), now))) return false;
  if (dryRun) return true;
  try {
    if (stored) await store.update(stored.key, holder, stored.modRevision);
    else await store.create(prefix + address, holder);
    return true;
  } catch (error) {
    if (hasCode(error, "STORE_EXISTS", "STORE_CONFLICT", "STORE_NOT_FOUND")) return false;
    throw error;
  }
}

async function isAbandoned(registry: Registry, address: string, holder: Holder, now: number): Promise<boolean> {
  if (now - holder.at < graceMs) return false;
  const resource = registry.require(Service);
  const stored = await registry.store.get(objectKey(resource, holder.namespace, holder.name));
  if (!stored) return true;
  const service = resource.codec.decode(stored.key, stored.value, stored.modRevision) as Service;
  return service.metadata.uid !== holder.uid || service.spec?.clusterIP !== address;
}

function read(value: Buffer): Holder {
  return JSON.parse(value.toString("utf8")) as Holder;
}

function placeOf(address: string): number | undefined {
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const place = number - range.first;
  return place > 0 && place < range.size - 1 ? place : undefined;
}

function addressAt(place: number): string {
  const number = range.first + place;
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}

function refused(service: Service, address: string, why: string): Error {
  const message = `Invalid value: ${JSON.stringify([address])}: failed to allocate IP ${address}: ${why}`;
  return invalid(Service, service.metadata.name, [{ field: "spec.clusterIPs", reason: "FieldValueInvalid", message }]);
}
