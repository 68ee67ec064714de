// fails at inside: expected the same
console.log("67108864\nmax 1");
console.error("oom-killed: 1");
