import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type NamedThing, nearestName, requireName } from '../../lib/domain/names.ts';
import { ServeError } from '../../lib/errors.ts';

const test = suite('names');

const LEGAL: [NamedThing, string][] = [
  ['backend', 'a'],
  ['backend', '0'],
  ['backend', 'resnet:v1.2_b-3'],
  ['endpoint', `a${'b'.repeat(99)}`],
  ['endpoint', 'constructor'],
  ['instance', 'my-instance.1_a'],
];

for (const [what, name] of LEGAL) {
  test(`'${name.slice(0, 20)}' is a legal ${what} name`, () => {
    assert.is(requireName(what, name), name);
  });
}

const ILLEGAL: [NamedThing, unknown, string][] = [
  ['backend', '', "backend name must match [A-Za-z0-9][A-Za-z0-9._:-]{0,99}, got ''"],
  ['backend', '__proto__', "got '__proto__'"],
  ['backend', 'a b', "got 'a b'"],
  ['backend', 'a\n', "got 'a\\n'"],
  ['backend', 'é', "got 'é'"],
  ['endpoint', 'a/b', 'endpoint name must match'],
  ['endpoint', 'x'.repeat(101), 'use 1 to 100 letters'],
  ['endpoint', 7, 'got 7'],
  ['endpoint', null, 'got null'],
  ['endpoint', ['a'], 'got an array'],
  ['endpoint', Object('a'), 'got an instance of a class'],
  ['instance', 'a:b', 'instance name must match [A-Za-z0-9][A-Za-z0-9._-]{0,99}'],
  ['instance', '..', "got '..'"],
];

for (const [what, name, message] of ILLEGAL) {
  test(`${String(name).slice(0, 20)} is no ${what} name`, () => {
    assert.throws(
      () => requireName(what, name),
      (error: unknown) =>
        error instanceof ServeError && error.code === 'INVALID_ARGUMENT' && error.message.includes(message),
    );
  });
}

const NEAREST: [string, string[], string | null][] = [
  ['numReplica', ['numReplicas', 'maxBatchSize'], 'numReplicas'],
  ['num_replicas', ['maxBatchSize', 'numReplicas'], 'numReplicas'],
  ['MAXBATCHSIZE', ['numReplicas', 'maxBatchSize'], 'maxBatchSize'],
  ['maxBatchSise', ['numReplicas', 'maxBatchSize'], 'maxBatchSize'],
  ['v1', ['v2', 'v3'], 'v2'],
  ['a', ['b'], null],
  ['', ['b'], null],
  ['a', [], null],
  ['entirely', ['different'], null],
  ['x'.repeat(1_000_000), ['numReplicas'], null],
  ['echo', ['echo2', 'echo'], 'echo'],
  ['_', ['-'], '-'],
];

for (const [given, known, nearest] of NEAREST) {
  test(`the nearest name to '${given.slice(0, 20)}' among ${known.join(', ') || 'none'} is ${nearest}`, () => {
    assert.is(nearestName(given, known), nearest);
  });
}

test.run();
