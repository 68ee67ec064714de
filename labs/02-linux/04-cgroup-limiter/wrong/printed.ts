// fails at inside: the command ran in the cgroup
console.log("67108864\nmax 1");
console.error("oom-killed: 1");
