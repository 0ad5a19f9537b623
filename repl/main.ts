#!/usr/bin/env node
// The command `servelab`. It imports nothing before it knows its Node: what an old one cannot read is loaded after that.

const oldest = [22, 18] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  console.error(`servelab needs Node ${oldest.join('.')} or newer, and this is ${process.version}.`);
  process.exitCode = 1;
} else {
  const args = process.argv.slice(2);
  // The prompt is there before anything else is loaded.
  if (args.length === 0 && process.stdin.isTTY) import('./terminal/prompt.ts').then(({ openPrompt }) => openPrompt());
  else import('./command.ts').then(({ runCommand }) => runCommand(args));
}
