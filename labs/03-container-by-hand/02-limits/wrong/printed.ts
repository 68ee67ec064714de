// fails at born: has not been made
// Prints what a process in the root of its cgroup namespace sees.
console.log("0::/\nup");
setInterval(() => {}, 1000);
