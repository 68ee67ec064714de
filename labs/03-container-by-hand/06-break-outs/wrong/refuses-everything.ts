// fails at volume: with an honest image
// What does not start cannot be broken out of.
console.error("refused: the image may be hostile");
process.exitCode = 125;
