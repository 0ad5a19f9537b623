/** TypeScript's language server as a child, which ends when this process does, however that ends: its input closes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { JsonRpc } from './json-rpc.ts';
import type { VirtualFile } from './project.ts';

/** One that has not answered anything for this long after a request was given up is stuck, and would keep a core busy. */
const STUCK_MS = 10_000;

/** Holds this process's event loop only while a request is under way. */
export class LanguageServer {
  readonly #child: ChildProcess;
  readonly #rpc: JsonRpc;
  readonly #pipes: readonly Socket[];
  readonly #ended: Promise<string>;
  readonly #versions = new Map<string, { version: number; text: string }>();
  #underWay = 0;
  #stuck: NodeJS.Timeout | null = null;

  constructor(path: string) {
    // In a session of its own: Ctrl+C at the terminal is not for it.
    const child = spawn(path, ['--lsp', '--stdio'], {
      detached: true,
      windowsHide: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#child = child;
    this.#pipes = [child.stdin, child.stdout].filter((pipe) => pipe instanceof Socket);
    this.#rpc = new JsonRpc(child.stdout, child.stdin, () => null);
    child.stdout.on('data', () => this.#isAlive());
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#ended = promise;
    const end = (reason: string) => {
      this.#isAlive();
      this.#rpc.end(reason);
      resolve(reason);
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', (code, signal) => end(signal ? `it was ended by ${signal}` : `it exited with code ${code}`));
    this.#hold(false);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves with how, once it has. */
  get ended(): Promise<string> {
    return this.#ended;
  }

  async initialize(files: readonly VirtualFile[]): Promise<void> {
    const params = { processId: process.pid, rootUri: null, capabilities, initializationOptions };
    await this.request('initialize', params, AbortSignal.timeout(STUCK_MS));
    this.#rpc.notify('initialized', {});
    for (const { uri, languageId, text } of files) this.write(uri, text, languageId);
  }

  /** Makes this the text of a file that need not be there. */
  write(uri: string, text: string, languageId: VirtualFile['languageId'] = 'typescript'): void {
    const known = this.#versions.get(uri);
    if (known?.text === text) return;
    const version = (known?.version ?? 0) + 1;
    this.#versions.set(uri, { version, text });
    if (known) {
      this.#rpc.notify('textDocument/didChange', { textDocument: { uri, version }, contentChanges: [{ text }] });
    } else this.#rpc.notify('textDocument/didOpen', { textDocument: { uri, languageId, version, text } });
  }

  /** It watches none itself. Told of both of one file, it would believe one only. */
  filesAre(what: 'created' | 'changed', urls: readonly string[]): void {
    if (urls.length === 0) return;
    const changes = urls.map((uri) => ({ uri, type: what === 'created' ? 1 : 2 }));
    this.#rpc.notify('workspace/didChangeWatchedFiles', { changes });
  }

  /** Rejects when the server refuses it or ends, and with the signal's reason. */
  async request(method: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
    this.#underWay += 1;
    if (this.#underWay === 1) this.#hold(true);
    try {
      return await this.#rpc.request(method, params, signal);
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#hold(false);
      if (signal?.aborted) this.#watchIfStuck();
    }
  }

  async kill(): Promise<void> {
    this.#child.ref();
    if (this.#child.pid === undefined) return;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    // It has nothing to save.
    this.#child.kill('SIGKILL');
    await exit;
  }

  #hold(isHeld: boolean): void {
    for (const held of [this.#child, ...this.#pipes]) {
      if (isHeld) held.ref();
      else held.unref();
    }
  }

  #watchIfStuck(): void {
    this.#stuck ??= setTimeout(() => this.#child.kill('SIGKILL'), STUCK_MS).unref();
  }

  #isAlive(): void {
    if (this.#stuck) clearTimeout(this.#stuck);
    this.#stuck = null;
  }
}

const capabilities = {
  textDocument: {
    completion: {
      completionItem: { documentationFormat: ['markdown'] },
      completionList: { itemDefaults: ['editRange', 'commitCharacters', 'data'] },
    },
    hover: { contentFormat: ['markdown'] },
    diagnostic: {},
  },
} as const;

const initializationOptions = {
  disablePushDiagnostics: true,
  logVerbosity: 0,
  userPreferences: {
    // Completion by imports that nobody wrote would read every package there is.
    suggest: { autoImports: false, includeAutomaticOptionalChainCompletions: true },
    // It would install types of packages, by npm, unasked.
    tsserver: { automaticTypeAcquisition: { enabled: false } },
  },
} as const;
