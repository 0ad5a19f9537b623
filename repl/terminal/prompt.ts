/** The prompt: a line editor for a session in a process of its own, on an instance in another. */
import { type REPLCommand, type REPLServer, Recoverable, start } from 'node:repl';
import type { Client, ServeStatus } from '../../lib/index.ts';
import { banner } from '../banner.ts';
import { COMMANDS, type CommandEntry } from '../commands/table.ts';
import type { Output } from '../session/protocol.ts';
import { Cells } from './cells.ts';
import { helpText } from './help.ts';
import { keepHistory } from './history-file.ts';
import { findOrStart, healthOf, type PromptInstance } from './instance.ts';
import { Screen } from './screen.ts';
import { SessionKeeper } from './session-keeper.ts';

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
  #watched: AsyncIterableIterator<ServeStatus> | null = null;
  /** The lines of a cell that goes on: another that begins with a dot may be a part of it. */
  #begun = '';

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
      completer: (line: string, done: CompleterDone) => void this.#complete(line, done),
    });
    keepHistory(this.#server);
    this.#screen = new Screen(process.stdout, this.#server);
    this.#cells = new Cells(this.#session, this.#screen, () => ({
      colors: this.#server.useColors,
      columns: process.stdout.columns ?? 80,
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
    this.#instance = instance;
    const status = await instance.client.status();
    if (this.#screen.hasLeft) return;
    this.#screen.write(banner(status.instance, instance.isOwn));
    await this.#session.connect(instance.name);
    void this.#watch(instance.client);
    if (instance.isOwn) await this.#followPrinted(instance.name);
  }

  async #followPrinted(name: string): Promise<void> {
    const { findInstance } = await import('../../lib/index.ts');
    const { followPrinted } = await import('./printed-lines.ts');
    const { log } = await findInstance(name);
    if (log !== null) void followPrinted(log, (text) => this.#screen.write(text), new AbortController().signal);
  }

  #listen(): void {
    const [atRest] = this.#server.listeners('SIGINT');
    this.#server.removeAllListeners('SIGINT');
    this.#server.on('SIGINT', () => {
      this.#begun = '';
      if (this.#cells.isRunning) void this.#cells.interrupt();
      else atRest?.call(this.#server);
    });
    for (const [name, { about }] of Object.entries<CommandEntry>(COMMANDS)) {
      this.#server.defineCommand(name, { help: about, action: (line) => void this.#command(name, line) });
    }
    // The session refuses what there is not, and knows which is near.
    const unknown = { get: (_: object, name: string | symbol) => this.#unknownCommand(name) };
    Object.setPrototypeOf(this.#server.commands, new Proxy({}, unknown));
    this.#server.defineCommand('help', { help: 'the commands there are', action: () => this.#help() });
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

  #evaluate(input: string, done: (error: Error | null, result: unknown) => void): void {
    const isIncomplete = this.#cells.isIncomplete(input);
    this.#begun = isIncomplete ? input : '';
    if (input.trim() === '') done(null, undefined);
    else if (isIncomplete) done(new Recoverable(new SyntaxError('incomplete')), undefined);
    else void this.#cells.run(input).then(() => done(null, undefined));
  }

  async #command(name: string, line: string): Promise<void> {
    await this.#cells.run(`.${name} ${line}`.trimEnd());
    this.#server.displayPrompt();
  }

  #clear(): void {
    process.stdout.write('\x1b[H\x1b[2J\x1b[3J');
    this.#server.displayPrompt();
  }

  #unknownCommand(name: string | symbol): REPLCommand | undefined {
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
    await this.#watched?.return?.();
    const { connect } = await import('../../lib/index.ts');
    const client = await connect({ name }).catch(() => null);
    if (client === null) return; // the next call says why
    await this.#watch(client);
    await client.close().catch(() => {
      // It has gone before.
    });
  }

  /** The prompt says how the instance is. */
  async #watch(client: Client): Promise<void> {
    const watched = client.watch();
    this.#watched = watched;
    const name = this.#name;
    try {
      for await (const status of watched) this.#screen.setPrompt(promptText(name, healthOf(status)));
    } catch {
      // It says why at the next call; here, that it is gone is all there is room for.
      if (this.#watched === watched) this.#screen.setPrompt(promptText(name, ' gone'));
    }
  }

  /** The session first: users' `using` may still want the instance. */
  async #end(code: number): Promise<never> {
    this.#server.close();
    await this.#session.end();
    await (this.#instance?.isOwn ? this.#instance.client.shutdown() : this.#instance?.client.close())?.catch(() => {
      // It has gone before.
    });
    process.exit(code);
  }
}

const promptText = (name: string, health = ''): string => `${name}${health}> `;
