import type { Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Screen } from '../../../repl/terminal/screen.ts';

const test = suite('what is updated on a screen');

/** Up, to a column, clear what is below, a line's end, text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are driven by them
const PARTS = /\x1b\[(\d+)A|\x1b\[(\d+)G|\x1b\[0J|\n|[^\x1b\n]+/g;

/** A terminal as far as a screen uses one: rows, a cursor that moves up and to the left, and what is below it cleared. */
class Terminal extends Writable {
  isTTY = true;
  columns = 20;
  rows = 10;
  lines: string[] = [''];
  row = 0;
  column = 0;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    for (const [part, up, to] of chunk.toString().matchAll(PARTS)) {
      if (up !== undefined) this.row = Math.max(0, this.row - Number(up));
      else if (to !== undefined) this.column = Number(to) - 1;
      else if (part === '\x1b[0J') this.#clear();
      else if (part === '\n') this.#newLine();
      else this.#put(part);
    }
    done();
  }

  get text(): string {
    return this.lines.join('\n');
  }

  #clear(): void {
    this.lines.length = this.row + 1;
    this.lines[this.row] = (this.lines[this.row] ?? '').slice(0, this.column);
  }

  #newLine(): void {
    this.row++;
    this.column = 0;
    this.lines[this.row] ??= '';
  }

  /** Folded as terminals do it: only when there is more. */
  #put(text: string): void {
    for (const character of text) {
      if (this.column === this.columns) this.#newLine();
      const line = this.lines[this.row] ?? '';
      this.lines[this.row] = line.slice(0, this.column).padEnd(this.column) + character + line.slice(this.column + 1);
      this.column++;
    }
  }
}

function opened(): { readonly screen: Screen; readonly terminal: Terminal } {
  const terminal = new Terminal();
  const editor = {
    prompt: () => terminal.write('> typed'),
    getCursorPos: () => ({ rows: 0, cols: 7 }),
    getPrompt: () => '> ',
    setPrompt: () => {},
  };
  const screen = new Screen(terminal as unknown as NodeJS.WriteStream, editor as unknown as Interface);
  return { screen, terminal };
}

test('when the line editor has left, no prompt comes any more', () => {
  const { screen, terminal } = opened();
  screen.leave();
  screen.write('late\n');
  screen.beginCell();
  screen.endCell();
  screen.write('later\n');
  assert.is(terminal.text, 'late\nlater\n');
});

test('it is redrawn where it was, whether it becomes shorter or longer', () => {
  const { screen, terminal } = opened();
  screen.beginCell();
  screen.write('before\n');
  screen.display('a', 'one\ntwo');
  for (const text of ['three', '1\n2\n3\n4', `${'x'.repeat(20)}\n${'y'.repeat(21)}`, 'end']) {
    screen.update('a', text);
  }
  assert.is(terminal.text, 'before\nend\n');
  screen.endCell();
  assert.is(terminal.text, 'before\nend\n');
});

test('what has come after it stays, and its last state comes when the cell ends', () => {
  const { screen, terminal } = opened();
  screen.beginCell();
  screen.display('a', 'first');
  screen.write('between\n');
  screen.update('a', 'second');
  screen.update('a', 'third');
  assert.is(terminal.text, 'first\nbetween\n');
  screen.endCell();
  assert.is(terminal.text, 'first\nbetween\nthird\n');
});

test('of two, the one that was shown last is redrawn', () => {
  const { screen, terminal } = opened();
  screen.beginCell();
  screen.display('a', 'a1');
  screen.display('b', 'b1');
  screen.update('b', 'b2');
  screen.update('a', 'a2');
  screen.update('b', 'b3');
  assert.is(terminal.text, 'a1\nb3\n');
  screen.endCell();
  assert.is(terminal.text, 'a1\nb3\na2\n');
});

test('it begins a line of its own', () => {
  const { screen, terminal } = opened();
  screen.beginCell();
  screen.write('half a line');
  screen.display('a', 'one');
  screen.update('a', 'two');
  assert.is(terminal.text, 'half a line\ntwo\n');
});

test('above a line that is being typed it is redrawn, too', () => {
  const { screen, terminal } = opened();
  screen.beginCell();
  screen.display('a', 'one\ntwo');
  screen.endCell();
  terminal.write('> typed'); // as the line editor does it
  screen.update('a', 'three');
  assert.is(terminal.text, 'three\n> typed');
});

test('it is not redrawn in the next cell, whose line is below it', () => {
  const { screen, terminal } = opened();
  screen.beginCell();
  screen.display('a', 'one');
  screen.endCell();
  terminal.write('> next\n');
  screen.beginCell();
  screen.update('a', 'two');
  assert.is(terminal.text, 'one\n> next\n');
});

test('what is taller than the screen, or on no terminal, is written once more only, at the end', () => {
  for (const change of [{ rows: 3 }, { isTTY: false }]) {
    const { screen, terminal } = opened();
    Object.assign(terminal, change);
    screen.beginCell();
    screen.display('a', '1\n2\n3');
    screen.update('a', 'no');
    screen.update('a', 'end');
    assert.is(terminal.text, '1\n2\n3\n');
    screen.endCell();
    assert.is(terminal.text, '1\n2\n3\nend\n');
  }
});

for (const [what, printed] of [
  ['below it', ''],
  ['below what came meanwhile', 'printed\n'],
] as const) {
  test(`while somebody else has the terminal nothing is drawn there; then it goes on ${what}`, async () => {
    const { screen, terminal } = opened();
    screen.beginCell();
    screen.write('before\n');
    screen.display('a', '1');
    await screen.lend(async () => {
      const before = terminal.text;
      screen.update('a', '2');
      screen.write(printed);
      screen.update('a', '2.5');
      assert.is(terminal.text, before);
    });
    assert.is(terminal.text, `before\n1\n${printed}2.5\n`);
    screen.update('a', '3');
    screen.write('after\n');
    assert.is(terminal.text, `before\n1\n${printed}3\nafter\n`);
  });
}

test.run();
