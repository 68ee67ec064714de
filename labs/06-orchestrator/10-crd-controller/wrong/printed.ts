// fails at served: does not serve
console.log("customresourcedefinition pages.lab.drydock.dev created");
setInterval(() => {}, 1000);
