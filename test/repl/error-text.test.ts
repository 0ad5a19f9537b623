import { ServeError } from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { errorText } from '../../repl/error-text.ts';

const test = suite('the text of an error');

const refused = (): Error =>
  Object.assign(new Error('connect ECONNREFUSED /run/x.sock'), {
    ...{ errno: -111, code: 'ECONNREFUSED', syscall: 'connect', address: '/run/x.sock' },
  });

test('a cause that is an error of the system is one line', () => {
  const text = errorText(new ServeError('INSTANCE_NOT_FOUND', 'no instance', { cause: refused() }));
  assert.match(
    text,
    /^INSTANCE_NOT_FOUND no instance\n(?: {4}at .*\n)* {2}cause: connect ECONNREFUSED \/run\/x\.sock$/,
  );
});

test('what a user’s own code threw stays whole', () => {
  const text = errorText(new ServeError('BACKEND_ERROR', 'it threw', { cause: refused() }));
  assert.match(text, /\[cause\]: Error: connect ECONNREFUSED[\s\S]*at [\s\S]*errno: -111,[\s\S]*syscall: 'connect'/);
  const other = errorText(new ServeError('LISTEN_FAILED', 'no', { cause: new Error('anything', { cause: 5 }) }));
  assert.match(other, /\[cause\]: Error: anything\n[\s\S]*\[cause\]: 5/);
});

test.run();
