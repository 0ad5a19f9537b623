/** The prompt: a line editor for a session in a process of its own, on an instance in another. */
import type { Key } from 'node:readline';
import { type REPLCommand, type REPLServer, Recoverable, start } from 'node:repl';
import type { Client, ServeStatus } from '../../lib/index.ts';
import { banner } from '../banner.ts';
import { COMMANDS } from '../commands/table.ts';
import { messageOf } from '../message-of.ts';
import type { Output } from '../session/protocol.ts';
import { Cells } from './cells.ts';
import { helpText } from './help.ts';
import { keepHistory } from './history-file.ts';
import { findOrStart, healthOf, type PromptInstance } from './instance.ts';
import { pastedCells } from './pasted-cells.ts';
import { Screen } from './screen.ts';
import { SessionKeeper } from './session-keeper.ts';
import { runTop } from './top.ts';

/** So long after a Ctrl+C that interrupted something another one does not leave, in ms. */
const PATIENCE_MS = 2000;
/** Node's own number is 30. */
const HISTORY_LINES = 5000;
/** Has terminals mark what is pasted, or not any more. */
const MARK_PASTES = '\x1b[?2004h';
const MARK_NO_PASTES = '\x1b[?2004l';

/** Exit codes of a process ended by a signal, as shells count them. */
const SIGNALS = { SIGTERM: 143, SIGHUP: 129 } as const;

/** To the end of the process. */
export async function openPrompt(name = 'default'): Promise<never> {
  return new Prompt(name).run();
}

type CompleterDone = (error: Error | null, result: [string[], string]) => void;

class Prompt {
  #name: string;
  readonly #server: REPLServer;
  readonly #screen: Screen;
  readonly #session: SessionKeeper;
  readonly #cells: Cells;
  readonly #left = Promise.withResolvers<number>();
  #instance: PromptInstance | null = null;
  /** Not twice in a row without a cell between: the next one would end, too. */
  #mayReplace = true;
  /** Ends the showing of what its backends print. */
  #following = new AbortController();
  #watched: AsyncIterableIterator<ServeStatus> | null = null;
  /** The lines of a cell that goes on: another that begins with a dot may be a part of it. */
  #begun = '';
  #isPasting = false;
  /** What is typed has a pasted part of several lines. */
  #hasPasted = false;

  constructor(name: string) {
    this.#name = name;
    // Its process starts beside us, and takes longer.
    this.#session = new SessionKeeper({
      show: (output) => this.#show(output),
      say: (text) => this.#screen.write(`${text}\n`),
      userEnded: (code) => this.#left.resolve(code),
    });
    this.#server = start({
      prompt: promptText(name),
      eval: (input, _context, _file, done) => this.#evaluate(input, done),
      ignoreUndefined: true,
      useGlobal: true,
      // Node's own would look at what is typed in this process, where nothing of the user's is.
      preview: false,
      ...{ historySize: HISTORY_LINES }, // which the types of Node do not know
      completer: (line: string, done: CompleterDone) => void this.#complete(line, done),
    });
    keepHistory(this.#server);
    this.#screen = new Screen(process.stdout, this.#server);
    this.#cells = new Cells(this.#session, this.#screen, () => ({
      colors: this.#server.useColors,
      columns: process.stdout.columns ?? 80,
      isTextOnly: true,
    }));
  }

  async run(): Promise<never> {
    this.#listen();
    try {
      await this.#open();
    } catch (error) {
      const { tellFailure } = await import('../cli/failure.ts');
      this.#screen.leave();
      this.#server.close();
      this.#left.resolve(tellFailure(error));
    }
    return this.#end(await this.#left.promise);
  }

  async #open(): Promise<void> {
    const instance = await findOrStart(this.#name);
    const { instance: described } = await instance.client.status();
    if (!this.#screen.hasLeft) this.#screen.write(banner(described, instance.isOwn));
    await this.#connect(instance);
  }

  async #connect(instance: PromptInstance): Promise<void> {
    this.#instance = instance;
    if (this.#screen.hasLeft) return;
    await this.#session.connect(instance.name);
    void this.#watch(instance.client);
    if (instance.isOwn) await this.#followPrinted(instance.name);
  }

  async #followPrinted(name: string): Promise<void> {
    const { findInstance } = await import('../../lib/index.ts');
    const { followPrinted } = await import('./printed-lines.ts');
    const { log } = await findInstance(name);
    if (log !== null) void followPrinted(log, (text) => this.#screen.write(text), this.#following.signal);
  }

  #listen(): void {
    const [atRest] = this.#server.listeners('SIGINT');
    this.#server.removeAllListeners('SIGINT');
    let interruptedAt = Number.NEGATIVE_INFINITY;
    this.#server.on('SIGINT', () => {
      const { isRunning } = this.#cells;
      // One that is pressed again and again is meant for what ran, not for the prompt.
      const isLate = !isRunning && performance.now() - interruptedAt < PATIENCE_MS;
      if (isRunning) void this.#cells.interrupt();
      else if (isLate && !this.#hasTyped) this.#screen.write('nothing runs any more\n');
      else atRest?.call(this.#server);
      if (isRunning || isLate) interruptedAt = performance.now();
      this.#begun = '';
      this.#hasPasted = false;
    });
    // Node has a `.load` and a `.save` of its own.
    for (const name of Object.keys(COMMANDS)) Reflect.deleteProperty(this.#server.commands, name);
    const commands = { get: (_: object, name: string | symbol) => this.#commandNamed(name) };
    Object.setPrototypeOf(this.#server.commands, new Proxy({}, commands));
    process.stdin.on('keypress', (_: unknown, { name }: Key) => this.#pressed(name));
    if (process.stdout.isTTY) process.stdout.write(MARK_PASTES);
    this.#server.defineCommand('help', { help: 'the commands there are', action: () => this.#help() });
    const top = { help: 'everything alive on one screen', action: (line: string) => void this.#top(line) };
    this.#server.defineCommand('top', top);
    this.#server.defineCommand('clear', { help: 'clear the screen', action: () => this.#clear() });
    this.#server.once('exit', () => {
      this.#screen.leave();
      this.#left.resolve(0);
    });
    for (const [signal, code] of Object.entries(SIGNALS)) process.once(signal, () => this.#left.resolve(code));
    process.on('SIGINT', () => this.#server.emit('SIGINT'));
    // Where nobody reads any more: saying so there would fail again, without end.
    process.stdout.on('error', () => this.#left.resolve(SIGNALS.SIGHUP));
  }

  /** Or pasted. */
  get #hasTyped(): boolean {
    return this.#server.line !== '' || this.#begun !== '' || this.#server.editorMode;
  }

  #pressed(name: string | undefined): void {
    if (name === 'paste-start') this.#isPasting = true;
    if (name !== 'paste-end') return;
    this.#isPasting = false;
    // It ended with the end of a line, which is the Enter of the last one. Node 24's line holds those before it, too.
    if (this.#begun !== '' && /(?:^|\n)$/.test(this.#server.line)) this.#server.write(null, { name: 'return' });
  }

  #evaluate(typed: string, done: (error: Error | null, result: unknown) => void): void {
    const input = typed.replace(/\r\n?/g, '\n'); // as terminals paste lines
    const isIncomplete = this.#isPasting || this.#cells.isIncomplete(input);
    this.#begun = isIncomplete ? input : '';
    if (isIncomplete && this.#isPasting) this.#hasPasted = true;
    if (input.trim() === '') done(null, undefined);
    else if (isIncomplete) done(new Recoverable(new SyntaxError('incomplete')), undefined);
    else void this.#run(input).then(() => done(null, undefined));
  }

  async #run(input: string): Promise<void> {
    const cells = this.#hasPasted ? pastedCells(input, (code) => this.#cells.isIncomplete(code)) : [input];
    this.#hasPasted = false;
    this.#mayReplace = true;
    await Promise.all(cells.map((cell) => this.#cells.run(cell)));
  }

  async #command(name: string, line: string): Promise<void> {
    await this.#cells.run(`.${name} ${line}`.trimEnd());
    this.#server.displayPrompt();
  }

  /** What has been typed, and what is printed meanwhile, is there when it is left. */
  async #top(line: string): Promise<void> {
    await this.#screen
      .lend(() => runTop(this.#name, line, this.#server))
      .catch((error: unknown) => this.#screen.write(`the screen cannot be opened: ${messageOf(error)}\n`));
    this.#server.displayPrompt(true);
  }

  #clear(): void {
    process.stdout.write('\x1b[H\x1b[2J\x1b[3J');
    this.#server.displayPrompt();
  }

  /** The session refuses what there is not, and knows which is near. */
  #commandNamed(name: string | symbol): REPLCommand | undefined {
    if (this.#begun !== '' || typeof name === 'symbol' || !/^[a-z][\w-]*$/i.test(name)) return undefined;
    return { action: (line) => void this.#command(name, line) };
  }

  #help(): void {
    this.#screen.write(helpText(this.#server.useColors));
    this.#server.displayPrompt();
  }

  /** Of the whole cell, of which Node's editor knows the last line. */
  async #complete(line: string, done: CompleterDone): Promise<void> {
    const code = this.#begun + line;
    const { matches, start } = await this.#session.complete(code, code.length);
    done(null, [[...matches], code.slice(start)]);
  }

  #show(output: Output): void {
    if (output.type === 'instance') void this.#moved(output.name);
    else this.#cells.show(output);
  }

  /** The session is at another instance: the prompt speaks of that one. */
  async #moved(name: string): Promise<void> {
    this.#name = name;
    this.#session.moved(name);
    this.#screen.setPrompt(promptText(name));
    const watched = this.#watched;
    this.#watched = null;
    await watched?.return?.();
    const { connect } = await import('../../lib/index.ts');
    const client = await connect({ name }).catch(() => null);
    if (client === null) return; // the next call says why
    await this.#watch(client);
    await client.close().catch(() => {
      // It has gone before.
    });
  }

  /** The prompt says how the instance is. One that was shut down has gone; one of its own that was killed is replaced. */
  async #watch(client: Client): Promise<void> {
    const watched = client.watch();
    this.#watched = watched;
    const name = this.#name;
    let wasKilled = false;
    try {
      for await (const status of watched) this.#screen.setPrompt(promptText(name, healthOf(status)));
    } catch {
      wasKilled = true;
    }
    if (this.#watched !== watched || this.#screen.hasLeft) return;
    this.#screen.setPrompt(promptText(name, ' gone'));
    const isOwn = this.#instance?.isOwn && this.#instance.name === name;
    if (wasKilled && isOwn && this.#mayReplace) await this.#replace(name);
  }

  async #replace(name: string): Promise<void> {
    this.#screen.write(
      `the process of instance '${name}' has ended: what it served is gone, what is defined here is not\n`,
    );
    this.#mayReplace = false;
    this.#following.abort();
    this.#following = new AbortController();
    await this.#instance?.client.close().catch(() => {
      // It has gone before.
    });
    try {
      await this.#connect(await findOrStart(name));
      this.#screen.write(`a new one begins, with nothing in it: HTTP on ${this.#instance?.client.http?.url}\n`);
    } catch (error) {
      this.#screen.write(`another cannot be started: ${messageOf(error)}\n`);
    }
  }

  /** The session first: users' `using` may still want the instance. */
  async #end(code: number): Promise<never> {
    this.#server.close();
    if (process.stdout.isTTY) process.stdout.write(MARK_NO_PASTES);
    await this.#session.end();
    await (this.#instance?.isOwn ? this.#instance.client.shutdown() : this.#instance?.client.close())?.catch(() => {
      // It has gone before.
    });
    process.exit(code);
  }
}

const promptText = (name: string, health = ''): string => `${name}${health}> `;
