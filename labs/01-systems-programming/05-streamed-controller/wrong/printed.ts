// fails at works: has ended
console.log("made 5 things");
