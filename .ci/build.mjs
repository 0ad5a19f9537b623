// Builds dist/. Plain JavaScript that an old Node can read too: it is the first thing `npm start` and `npm test` run,
// so it is where a missing pinned Node is noticed.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const oldest = [22, 18];

function isTooOld(version) {
  const [major, minor] = version.split('.').map(Number);
  return major < oldest[0] || (major === oldest[0] && minor < oldest[1]);
}

/** tsc leaves the outputs of deleted sources behind, and the test runner would run them. */
function removeOrphans(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      removeOrphans(path);
      continue;
    }
    const [output, stem] = /^(.*?)(?:\.d\.ts|\.js|\.js\.map)$/.exec(path) ?? [];
    if (output === undefined) continue;
    const source = join(root, stem.slice(join(root, 'dist').length));
    if (!existsSync(`${source}.ts`) && !existsSync(`${source}.tsx`)) rmSync(path);
  }
}

if (isTooOld(process.versions.node)) {
  console.error(
    [
      `servelab needs Node ${oldest.join('.')} or newer, and this is ${process.version}.`,
      'Its own pinned Node is not in node_modules: npm was told to skip install scripts. Either',
      '  npm rebuild node --ignore-scripts=false     installs the pinned one, or',
      `  install Node ${oldest.join('.')} or newer yourself and try again.`,
    ].join('\n'),
  );
  process.exit(1);
}

const dist = join(root, 'dist');
if (existsSync(dist)) removeOrphans(dist);
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
if (!existsSync(tsc)) {
  console.error('The compiler is not installed: run `npm ci` first.');
  process.exit(1);
}
const { status } = spawnSync(process.execPath, [tsc, '-p', root], { stdio: 'inherit' });
// tsc does not know that this one is a command.
const command = join(dist, 'repl', 'main.js');
if (existsSync(command)) chmodSync(command, 0o755);
process.exit(status ?? 1);
