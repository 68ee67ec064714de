import { authorizedName, type RequestInfo } from "../http/request-info.ts";
import type { Action } from "../rbac/rules.ts";
import type { User } from "../rbac/user.ts";
import { forbidden, forbiddenPath } from "../status/refusals.ts";
import type { Authorizer } from "./authorizer.ts";

/** May this user make this request? Throws REQUEST_FORBIDDEN in the words of Kubernetes. */
export function authorize(authorizer: Authorizer, user: User, info: RequestInfo, query: URLSearchParams): void {
  const action = actionOf(info, query);
  const refusal = authorizer.refusal(user, action);
  if (refusal === undefined) return;
  const who = `User ${JSON.stringify(user.name)} cannot ${action.verb}`;
  if (!action.isResource) throw forbiddenPath(`${who} path ${JSON.stringify(action.path)}`);
  const { group, resource, subresource, namespace, name } = action;
  const full = subresource === "" ? resource : `${resource}/${subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  const why = `${who} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${where}`;
  throw forbidden({ group, plural: resource }, name, refusal === "" ? why : `${why}: ${refusal}`);
}

/** Streams into a container change it, however they are opened: a WebSocket can only be asked for with GET. */
const streams = new Set(["exec", "attach", "portforward"]);

export function actionOf(info: RequestInfo, query: URLSearchParams): Action {
  if (!info.isResource) return { isResource: false, verb: info.verb, path: info.path };
  const { group, resource, subresource, namespace } = info;
  const verb = streams.has(subresource) && info.verb === "get" ? "create" : info.verb;
  const fieldSelector = query.get("fieldSelector") ?? "";
  const name = authorizedName(info, query);
  return { isResource: true, verb, group, resource, subresource, namespace, name, fieldSelector };
}
