/** A key on a terminal: where it is pressed, and what is then to be seen or was done. */
import type { ServeEvent, ServeStatus } from 'servelab';
import * as assert from 'uvu/assert';
import { FakeInstance } from './fake-instance.ts';
import { type OnScreenGiven, type Opened, onScreen } from './on-screen.ts';

type Check = RegExp | ((opened: Opened) => boolean);

export interface KeyCase extends Omit<OnScreenGiven, 'instance'> {
  readonly status?: ServeStatus;
  /** What has happened in the instance. */
  readonly past?: readonly ServeEvent[];
  /** Typed before. */
  readonly typed?: string;
  /** What the screen shows before the key is pressed. Default: that it is live. */
  readonly from?: RegExp;
  /** Typed behind it. */
  readonly followedBy?: string;
  /** What is not so before, and is so afterwards. */
  readonly to: Check | 'left';
  /** That nothing else was done. */
  readonly calls?: readonly string[];
}

/** What terminals send. Where they differ: each of it. */
const BYTES: Readonly<Record<string, readonly string[]>> = {
  tab: ['\t'],
  'shift+tab': ['\x1b[Z'],
  enter: ['\r'],
  escape: ['\x1b'],
  backspace: ['\x7f', '\b'],
  up: ['\x1b[A', '\x1bOA'],
  down: ['\x1b[B', '\x1bOB'],
  pageup: ['\x1b[5~'],
  pagedown: ['\x1b[6~'],
  home: ['\x1b[H', '\x1bOH', '\x1b[1~'],
  end: ['\x1b[F', '\x1bOF', '\x1b[4~'],
};

/** By a key's name as `bindings.ts` has it. */
export function bytesOf(key: string): readonly string[] {
  const [, letter] = /^ctrl\+([a-z])$/.exec(key) ?? [];
  if (letter !== undefined) return [String.fromCharCode(letter.charCodeAt(0) - 96)];
  const found = [...key].length === 1 ? [key] : BYTES[key];
  if (found === undefined) throw new Error(`nothing says what a terminal sends for ${key}`);
  return found;
}

/** A test: the key does what the case says, and was needed for it. */
export function pressed(bytes: string, given: KeyCase): () => Promise<void> {
  const { typed, from = /LIVE/, followedBy = '', to, calls, status, past } = given;
  const run = async (opened: Opened): Promise<void> => {
    const { terminal, instance, left } = opened;
    await terminal.shows(/LIVE/);
    if (typed !== undefined) terminal.type(typed);
    const before = await terminal.shows(from);
    if (to !== 'left') assert.not.ok(isMet(to, opened), `without the key it is so already: ${to}\n${before}`);
    terminal.type(bytes);
    if (followedBy !== '') terminal.type(followedBy);
    if (to === 'left') {
      await terminal.shows(() => !terminal.isAlternate);
      await left;
    } else await terminal.shows(() => isMet(to, opened)).catch((error) => unmet(to, error));
    if (calls !== undefined) assert.equal(instance.calls, calls);
  };
  return () => onScreen(run, { ...given, instance: new FakeInstance(status, past) })();
}

const isMet = (check: Check, opened: Opened): boolean =>
  typeof check === 'function' ? check(opened) : check.test(opened.terminal.page());

/** Says which. */
function unmet(check: Check, { message }: Error): never {
  throw new Error(`never came: ${check}\n${message}`);
}
