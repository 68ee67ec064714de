// fails at binds: has no node
console.log("bound");
setInterval(() => {}, 1000);
