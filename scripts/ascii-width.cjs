// What the bundle lays out help and progress with in place of the package `string-width`, which first makes a pattern
// of all emoji: that takes half as long as Node needs to start. Both are plain ASCII, where the width is the length.
// CommonJS, as it is asked for in both ways.
module.exports = (text) => text.length;
