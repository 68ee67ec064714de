/**
 * Replaces `$(NAME)` by a variable's value, as Kubernetes does in `command`, `args` and `env[].value`: an unknown name stays as it is,
 * `$$` is a dollar sign, and what has been replaced is not looked at again.
 * Source: k8s.io/kubernetes/third_party/forked/golang/expansion.
 */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) => {
    if (name === undefined) return "$";
    return variables.get(name) ?? whole;
  });
}
