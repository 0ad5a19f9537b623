import { EventEmitter } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Keyboard, type MouseEvent, TerminalInput } from '../../../tui/terminal/input.ts';

const test = suite('terminal input');

class Keys extends EventEmitter implements Keyboard {
  raw: boolean[] = [];
  isPaused = true;
  setRawMode(isRaw: boolean): void {
    this.raw.push(isRaw);
  }
  resume(): void {
    this.isPaused = false;
  }
  pause(): void {
    this.isPaused = true;
  }
}

function opened(): { keys: Keys; input: TerminalInput; events: MouseEvent[]; typed: () => string } {
  const keys = new Keys();
  const events: MouseEvent[] = [];
  const input = new TerminalInput(keys, (event) => events.push(event));
  input.setRawMode(true);
  input.setEncoding('utf8');
  return { keys, input, events, typed: () => String(input.read() ?? '') };
}

test('what is typed comes through, every character of it', () => {
  const { keys, typed } = opened();
  keys.emit('data', Buffer.from('aé日\x1b[A\x1b'));
  assert.is(typed(), 'aé日\x1b[A\x1b');
});

test('clicks and wheel are told and not typed, also in the middle of keys', () => {
  const { keys, events, typed } = opened();
  keys.emit('data', Buffer.from('a\x1b[<0;5;3M\x1b[<0;5;3mb\x1b[<64;1;1Mc\x1b[<65;2;2M'));
  assert.is(typed(), 'abc');
  assert.equal(events, [
    { type: 'click', column: 4, row: 2 },
    { type: 'wheel up', column: 0, row: 0 },
    { type: 'wheel down', column: 1, row: 1 },
  ]);
});

test('a report that comes in pieces is one report', () => {
  const { keys, events, typed } = opened();
  for (const piece of ['x\x1b[<0;1', '0;2', '0My']) keys.emit('data', Buffer.from(piece));
  assert.is(typed(), 'xy');
  assert.equal(events, [{ type: 'click', column: 9, row: 19 }]);
});

test('a lone escape waits for nothing', () => {
  const { keys, typed } = opened();
  keys.emit('data', Buffer.from('\x1b'));
  assert.is(typed(), '\x1b');
});

test('while nobody wants raw mode nothing is read: the keys are those of whoever has the terminal', () => {
  const { keys, input } = opened();
  assert.equal([keys.isPaused, keys.listenerCount('data')], [false, 1]);
  input.setRawMode(false);
  assert.equal([keys.isPaused, keys.listenerCount('data')], [true, 0]);
  input.setRawMode(true);
  input.setRawMode(true);
  assert.equal([keys.isPaused, keys.listenerCount('data')], [false, 1]);
  assert.equal(keys.raw, [true, false, true, true]);
});

test.run();
