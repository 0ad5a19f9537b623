/** A kernel as Jupyter starts it, and a client of its own for it: ZeroMQ's sockets, nothing of Jupyter's. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { Dealer, Subscriber } from 'zeromq';
import type { RequestChannel } from '../../../repl/kernel/sockets.ts';
import { type Content, type Message, WireFormat } from '../../../repl/kernel/wire-message.ts';
import { command } from '../command-fixture.ts';

export interface Ran {
  readonly reply: Content;
  /** Of the cell, in order, from busy to idle. */
  readonly outputs: readonly Message[];
}

interface KernelGiven {
  readonly instance?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whom it belongs to; default: this process. */
  readonly owner?: number;
}

const KEY = 'a key of the tests';
const CHANNELS = ['shell', 'control', 'stdin'] as const;

export class TestKernel {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<number | null>;
  /** What it has written to Jupyter's log, once it has ended. */
  readonly log: Promise<string>;
  /** All that it has published, oldest first. */
  readonly published: Message[] = [];
  readonly heartbeat = new Dealer({ linger: 0 });
  readonly format: WireFormat;
  readonly #folder: string;
  readonly #channels: Readonly<Record<RequestChannel, Dealer>>;
  readonly #iopub = new Subscriber({ linger: 0 });
  readonly #watchers = new Set<() => void>();
  readonly #received: Message[] = [];

  private constructor({ instance, env = {}, owner = process.pid }: KernelGiven) {
    this.#folder = mkdtempSync(join(tmpdir(), 'slk-'));
    this.format = new WireFormat(KEY);
    const connectionFile = join(this.#folder, 'kernel.json');
    writeFileSync(connectionFile, JSON.stringify(connectionOf(this.#folder, KEY)));
    const given = instance === undefined ? [] : ['--instance', instance];
    this.child = spawn(process.execPath, [command, 'kernel', 'start', '--connection-file', connectionFile, ...given], {
      cwd: this.#folder,
      env: { ...process.env, JPY_PARENT_PID: String(owner), ...env },
    });
    this.child.stdin.end();
    this.child.stdout.resume();
    this.log = text(this.child.stderr);
    this.ended = new Promise((resolve) => this.child.once('exit', resolve));
    // A front end's messages of all channels have one identity: what is asked on one comes back on another.
    const routingId = randomUUID();
    const dealers = CHANNELS.map((channel) => [channel, new Dealer({ linger: 0, routingId })]);
    this.#channels = Object.fromEntries(dealers) as Record<RequestChannel, Dealer>;
  }

  /** Resolves when it answers, and all that it publishes from then on is seen. */
  static async start(given: KernelGiven = {}): Promise<TestKernel> {
    const kernel = new TestKernel(given);
    await kernel.#connect();
    await kernel.request('kernel_info_request', {});
    return kernel;
  }

  /** A cell to its end: its reply is there, and all that it has put out. */
  async run(code: string, given: Content = {}): Promise<Ran> {
    const id = this.send('execute_request', { code, ...given });
    const { content } = await this.reply(id);
    await this.idle(id);
    return { reply: content, outputs: this.outputsOf(id) };
  }

  async request(type: string, content: Content, channel: RequestChannel = 'shell'): Promise<Message> {
    return this.reply(this.send(type, content, channel));
  }

  /** Gives its id. */
  send(type: string, content: Content, channel: RequestChannel = 'shell'): string {
    const id = randomUUID();
    void this.#channels[channel].send(this.format.encode({ type, id, content, parent: null, identities: [] }));
    return id;
  }

  sendFrames(frames: readonly Buffer[], channel: RequestChannel = 'shell'): Promise<void> {
    return this.#channels[channel].send([...frames]);
  }

  reply(id: string): Promise<Message> {
    return this.#met(() =>
      this.#received.find(({ header, parent }) => parent?.msg_id === id && header.msg_type.endsWith('_reply')),
    );
  }

  /** Of another kind than a reply, as an `input_request`. */
  received(type: string): Promise<Message> {
    return this.#met(() => this.#received.find(({ header }) => header.msg_type === type));
  }

  idle(id: string): Promise<Message> {
    return this.until(
      ({ header, parent, content }) =>
        header.msg_type === 'status' && parent?.msg_id === id && content.execution_state === 'idle',
    );
  }

  until(isWanted: (message: Message) => boolean): Promise<Message> {
    return this.#met(() => this.published.find(isWanted));
  }

  /** Until the cell has printed it. */
  printed(id: string, part: string): Promise<unknown> {
    return this.#met(() => (printedIn(this.outputsOf(id)).includes(part) ? true : undefined));
  }

  outputsOf(id: string): readonly Message[] {
    return this.published.filter(({ parent }) => parent?.msg_id === id);
  }

  /** As Jupyter ends one. */
  async shutDown(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      await this.request('shutdown_request', { restart: false }, 'control');
    }
    const code = await this.ended;
    this.close();
    return code;
  }

  /** The client alone. */
  close(): void {
    for (const socket of [...Object.values(this.#channels), this.#iopub, this.heartbeat]) socket.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #connect(): Promise<void> {
    const addressOf = (port: number): string => `ipc://${this.#folder}/socket-${port}`;
    for (const [at, channel] of CHANNELS.entries()) {
      this.#channels[channel].connect(addressOf(at + 1));
      void receive(this.#channels[channel], (frames) => this.#took(this.#received, frames));
    }
    this.#iopub.connect(addressOf(4));
    this.#iopub.subscribe('');
    this.heartbeat.connect(addressOf(5));
    void receive(this.#iopub, (frames) => this.#took(this.published, frames));
    const welcome = this.until(({ header }) => header.msg_type === 'iopub_welcome');
    const early = this.ended.then(async () => {
      throw new Error(`the kernel has ended: ${await this.log}`);
    });
    await Promise.race([welcome, early]);
    early.catch(() => {});
  }

  #took(list: Message[], frames: readonly Buffer[]): void {
    const message = this.format.decode(frames);
    assert.not('refused' in message, JSON.stringify(message));
    list.push(message as Message);
    for (const watcher of this.#watchers) watcher();
  }

  #met<T>(find: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        this.#watchers.delete(look);
        resolve(found);
      };
      this.#watchers.add(look);
      look();
    });
  }
}

/** A kernel for a test, which ends with it. */
export function withKernel(run: (kernel: TestKernel) => Promise<void>, given: KernelGiven = {}): () => Promise<void> {
  return async () => {
    const kernel = await TestKernel.start(given);
    try {
      await run(kernel);
    } finally {
      await kernel.shutDown();
    }
  };
}

export const typesIn = (messages: readonly Message[]): readonly string[] =>
  messages.map(({ header, content }) =>
    header.msg_type === 'status' ? String(content.execution_state) : header.msg_type,
  );

export const printedIn = (messages: readonly Message[]): string =>
  messages.map(({ header, content }) => (header.msg_type === 'stream' ? content.text : '')).join('');

/** What a cell gave, as text; null: nothing. */
export function resultIn(messages: readonly Message[]): string | null {
  const result = messages.find(({ header }) => header.msg_type === 'execute_result');
  const data = result?.content.data as Readonly<Record<string, string>> | undefined;
  return data?.['text/plain'] ?? null;
}

async function receive(socket: Dealer | Subscriber, take: (frames: readonly Buffer[]) => void): Promise<void> {
  for await (const frames of socket) take(frames);
}

const connectionOf = (folder: string, key: string): object => ({
  ...{ transport: 'ipc', ip: join(folder, 'socket'), key, signature_scheme: 'hmac-sha256', kernel_name: 'servelab' },
  ...{ shell_port: 1, control_port: 2, stdin_port: 3, iopub_port: 4, hb_port: 5 },
});
