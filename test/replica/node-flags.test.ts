import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inheritedFlags } from '../../lib/replica/node-flags.ts';

const test = suite("Node's flags for replicas");

/** [this process's, a replica's] */
const CASES: readonly (readonly [readonly string[], readonly string[]])[] = [
  [[], []],
  [['--import', 'tsx'], ['--import=tsx']],
  [
    ['--import=tsx', '--import', './b.js'],
    ['--import=tsx', '--import=./b.js'],
  ],
  [
    ['-r', 'dotenv/config', '-C', 'development'],
    ['--require=dotenv/config', '--conditions=development'],
  ],
  [['--experimental-loader', './loader.js'], ['--experimental-loader=./loader.js']],
  [
    ['--enable-source-maps', '--no-warnings'],
    ['--enable-source-maps', '--no-warnings'],
  ],
  [
    ['--experimental-wasm-modules', '--experimental-default-type=module'],
    ['--experimental-wasm-modules', '--experimental-default-type=module'],
  ],
  [['--inspect', '--test', '-e', 'import("x")', '--max-old-space-size=100'], []],
];
for (const [given, inherited] of CASES) {
  test(`${given.join(' ') || 'none'}: ${inherited.join(' ') || 'none'}`, () => {
    assert.equal(inheritedFlags(given), inherited);
  });
}

test.run();
