// fails at get: expected
console.log("NAME    STATUS    NODE\nweb-1   Running   node-1");
