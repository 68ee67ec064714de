import type { FieldError } from "../../kind.ts";
import { forbidden, required } from "../../schema/field-errors.ts";
import type { Container } from "./container.ts";
import type { LifecycleHandler } from "./lifecycle.ts";
import { validatePort } from "./validate-probe.ts";

/** Each hook does exactly one thing. */
export function validateLifecycle({ lifecycle = {} }: Container, path: string): FieldError[] {
  return [
    ...validateHandler(lifecycle.postStart, `${path}.lifecycle.postStart`),
    ...validateHandler(lifecycle.preStop, `${path}.lifecycle.preStop`),
  ];
}

function validateHandler(handler: LifecycleHandler | undefined, path: string): FieldError[] {
  if (!handler) return [];
  const errors: FieldError[] = [];
  const actions = (["exec", "httpGet", "sleep"] as const).filter((action) => handler[action] !== undefined);
  if (actions.length === 0) errors.push(required(path, "must specify a handler type"));
  for (const second of actions.slice(1)) {
    errors.push(forbidden(`${path}.${second}`, "may not specify more than 1 handler type"));
  }
  if (handler.exec && !handler.exec.command?.length) errors.push(required(`${path}.exec.command`));
  if (handler.httpGet) errors.push(...validatePort(handler.httpGet.port, `${path}.httpGet.port`));
  return errors;
}
