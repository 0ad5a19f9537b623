#!/usr/bin/env node
// The command `servelab`. It imports nothing before it knows its Node: what an old one cannot read is loaded after that.

const oldest = [22, 18] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  console.error(`servelab needs Node ${oldest.join('.')} or newer, and this is ${process.version}.`);
  process.exitCode = 1;
} else {
  const args = process.argv.slice(2);
  // What was compiled once need not be again, of the packages' files neither.
  process.getBuiltinModule('node:module').enableCompileCache();
  const isPrompt = args.length === 0 && process.stdin.isTTY;
  const isRun = args[0] === 'notebook' && args[1] === 'run';
  // Its session starts while the rest is loaded; not beside it, as both would be read in turns.
  const first = isRun ? import('./notebook/ahead.ts') : Promise.resolve();
  first.then(() =>
    isPrompt
      ? import('./terminal/prompt.ts').then(({ openPrompt }) => openPrompt())
      : import('./command.ts').then(({ runCommand }) => runCommand(args)),
  );
}
