// fails at terminal: expected all three to be it
// Says what a terminal would say.
console.log(`/dev/pts/0\nup ${process.pid}`);
setInterval(() => {}, 1000);
