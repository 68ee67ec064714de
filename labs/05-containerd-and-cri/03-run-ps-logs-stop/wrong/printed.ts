// fails at run: not there
console.log(process.argv[3]);
