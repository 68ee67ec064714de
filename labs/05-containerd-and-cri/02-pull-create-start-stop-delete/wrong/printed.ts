// fails at pulled: no image
console.log("sha256:0123");
