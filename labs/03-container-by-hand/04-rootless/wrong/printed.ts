// fails at inside: uid_map of the command is
// Says who it would like to be.
console.log(`up ${process.pid}\nuid 0\ngid 0`);
setInterval(() => {}, 1000);
