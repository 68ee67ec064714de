// fails at diagnose: says nothing of
console.log("cp1 etcd-unreachable");
