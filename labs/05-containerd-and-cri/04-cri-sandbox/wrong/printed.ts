// fails at sandbox: sandboxes are: none
console.log("0123456789abcdef");
