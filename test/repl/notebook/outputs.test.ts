import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CellOutputs } from '../../../repl/notebook/outputs.ts';

const test = suite('outputs of cells');

test('text of one stream stays in one piece, until something else comes between', () => {
  const outputs = new CellOutputs();
  outputs.begin('a');
  const print = (name: 'stdout' | 'stderr', text: string, parent: string | null = 'a'): void =>
    outputs.take({ type: 'stream', parent, name, text });
  print('stdout', 'one\n');
  print('stdout', 'two\n', null);
  print('stderr', 'bad\n');
  print('stdout', 'three\n');
  print('stdout', 'of nobody here', 'z');
  assert.equal(
    outputs.of('a').map(({ name, text }) => [name, text]),
    [
      ['stdout', 'one\ntwo\n'],
      ['stderr', 'bad\n'],
      ['stdout', 'three\n'],
    ],
  );
});

test('what a timer prints later belongs to its cell', () => {
  const outputs = new CellOutputs();
  outputs.begin('a');
  outputs.begin('b');
  outputs.take({ type: 'stream', parent: 'a', name: 'stdout', text: 'late' });
  outputs.take({ type: 'stream', parent: null, name: 'stdout', text: 'now' });
  assert.is(outputs.of('a')[0]?.text, 'late');
  assert.is(outputs.of('b')[0]?.text, 'now');
});

test('what is cleared goes at once, or when something takes its place', () => {
  const outputs = new CellOutputs();
  const print = (text: string): void => outputs.take({ type: 'stream', parent: 'a', name: 'stdout', text });
  const texts = (): unknown[] => outputs.of('a').map(({ text }) => text);
  outputs.begin('a');
  print('one');
  outputs.take({ type: 'clear_output', parent: 'a', wait: false });
  assert.equal(texts(), []);
  print('two');
  outputs.take({ type: 'clear_output', parent: 'a', wait: true });
  assert.equal(texts(), ['two']);
  print('three');
  print(' and more');
  assert.equal(texts(), ['three and more']);
});

test('a display is updated wherever it is shown, by whichever cell', () => {
  const outputs = new CellOutputs();
  outputs.begin('a');
  const show = (type: 'display_data' | 'update_display_data', parent: string, text: string): void =>
    outputs.take({ type, parent, display: 'x', data: { 'text/plain': text } });
  show('display_data', 'a', 'first');
  outputs.begin('b');
  show('display_data', 'b', 'second');
  show('update_display_data', 'b', 'third');
  assert.equal(
    ['a', 'b'].map((cell) => outputs.of(cell)),
    ['a', 'b'].map(() => [{ output_type: 'display_data', data: { 'text/plain': 'third' }, metadata: {} }]),
  );
});

test.run();
