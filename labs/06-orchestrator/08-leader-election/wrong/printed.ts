// fails at one: nobody holds
console.log("leading");
setInterval(() => {}, 1000);
