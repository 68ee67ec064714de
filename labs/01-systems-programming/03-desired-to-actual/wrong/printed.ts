// fails at made: is not there
console.log("made top\nmade bin/tool");
