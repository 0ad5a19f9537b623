/** Completion, help and checks that know the types of what a session has declared. */
import type { Completion, Diagnostic, Hover } from './answers.ts';
import { readCell } from './cell.ts';
import { type Candidate, type CompletionList, candidatesOf } from './completions.ts';
import { declaredNames } from './declared-names.ts';
import { diagnosticsOf, type LspDiagnostic } from './diagnostics.ts';
import { RpcError } from './json-rpc.ts';
import type { LanguageServer } from './language-server.ts';
import { foundSince } from './missing-modules.ts';
import { PlacedCell } from './placed-cell.ts';
import { type Project, projectOf } from './project.ts';
import { ServerLife } from './server-life.ts';
import { SessionDocument, withoutMarks } from './session-document.ts';

export type { Completion, Diagnostic, Hover } from './answers.ts';

export interface TypeServerOptions {
  /** Where imports are found from; absolute. Nothing is written there. */
  readonly directory: string;
  /** A `.d.ts` text of what the session has without declaring it. */
  readonly globals: string;
  /** How long an answer may take, in ms, > 0; then there is none. Default 1000. */
  readonly timeoutMs?: number;
}

interface DiagnosticReport {
  readonly items?: readonly LspDiagnostic[];
}

/** In scope in every session, as values and as types; a cell may declare it anew. */
const PRELUDE = "import * as serve from 'servelab';";
/** Of so many candidates their types are asked for, too. */
const MOST_DETAILS = 20;

/**
 * Starts TypeScript when first asked. Without it, and where it cannot answer in time, answers are empty, never errors;
 * `problem` says what is the matter. Asks are answered one after the other.
 */
export class TypeServer {
  readonly #directory: string;
  readonly #timeoutMs: number;
  readonly #project: Project;
  readonly #document = new SessionDocument();
  readonly #life: ServerLife;
  #globals: string;
  #lastAsk: Promise<unknown> = Promise.resolve();
  #completing: AbortController | null = null;
  readonly #closed = new AbortController();

  constructor({ directory, globals, timeoutMs = 1000 }: TypeServerOptions) {
    this.#directory = directory;
    this.#globals = globals;
    this.#timeoutMs = timeoutMs;
    this.#project = projectOf(directory);
    this.#life = new ServerLife(directory, this.#project.configuration);
    this.#document.add(PRELUDE);
  }

  /** Why there are no answers, and what to do; null while there are. Known once something was asked. */
  get problem(): string | null {
    return this.#life.problem;
  }

  /** Of the child; null while there is none. */
  get pid(): number | null {
    return this.#life.server?.pid ?? null;
  }

  /** A cell that has been evaluated: its declarations count from now on. */
  add(cell: string): void {
    this.#document.add(cell);
  }

  /** What the session has without declaring it has changed, as with its endpoints. */
  set globals(text: string) {
    this.#globals = text;
  }

  /** Files that cells import have changed: they are read again. Ones that are new need not be told of. */
  filesChanged(urls: readonly string[]): void {
    this.#life.server?.filesAre('changed', urls);
  }

  /** What may stand at the cursor, a UTF-16 offset in the cell being typed. A later call ends one under way. */
  async complete(code: string, cursor: number, signal?: AbortSignal): Promise<readonly Completion[]> {
    this.#completing?.abort();
    const superseded = new AbortController();
    this.#completing = superseded;
    const signals = signal ? [superseded.signal, signal] : [superseded.signal];
    const found = await this.#ask(signals, async (server, limit) => {
      const cell = this.#place(server, code, cursor);
      const params = { ...this.#at(cell, cursor), context: { triggerKind: 1 } };
      const list = (await server.request('textDocument/completion', params, limit)) as CompletionList | null;
      return list && this.#withDetails(server, candidatesOf(list, cell, cursor), limit);
    });
    return found ?? [];
  }

  /** Of the name that the cursor is in, or just behind. */
  async hover(code: string, cursor: number): Promise<Hover | null> {
    const at = isInName(code, cursor) ? cursor : Math.max(0, cursor - 1);
    return this.#ask([], async (server, limit) => this.#hoverAt(server, this.#place(server, code, cursor), at, limit));
  }

  /** What is wrong with a cell before it is evaluated; nothing that is right at a prompt. */
  async check(code: string): Promise<readonly Diagnostic[]> {
    const found = await this.#ask([], async (server, limit) => {
      const cell = this.#place(server, code);
      const before = await this.#diagnostics(server, limit);
      const created = foundSince(before, this.#directory);
      server.filesAre('created', created);
      const items = created.length === 0 ? before : await this.#diagnostics(server, limit);
      const declared = declaredNames(code);
      return diagnosticsOf(items, cell, (name) => declared.has(name) && this.#document.has(name));
    });
    return found ?? [];
  }

  /** The type of an expression, as TypeScript writes it; null for what is none, and for what it cannot say. */
  async typeOf(expression: string): Promise<string | null> {
    const declaration = 'const $type = (';
    const code = `${declaration}${expression.trim().replace(/;+$/, '')}\n)`;
    if (!readCell(code)) return null;
    const hover = await this.#ask([], (server, limit) =>
      this.#hoverAt(server, this.#place(server, code), declaration.indexOf('$'), limit),
    );
    const [, type = null] = /^const \$type: (.*)$/s.exec(hover?.signature ?? '') ?? [];
    return type;
  }

  /** Ends the child. Everything under way, and asked later, has no answer. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#life.close();
  }

  #place(server: LanguageServer, code: string, cursor?: number): PlacedCell {
    const cell = new PlacedCell(this.#document.before(declaredNames(code, cursor)), code);
    server.write(this.#project.globalsUri, this.#globals);
    server.write(this.#project.documentUri, cell.text);
    return cell;
  }

  async #diagnostics(server: LanguageServer, limit: AbortSignal): Promise<readonly LspDiagnostic[]> {
    const params = { textDocument: { uri: this.#project.documentUri } };
    const { items = [] } = (await server.request('textDocument/diagnostic', params, limit)) as DiagnosticReport;
    return items;
  }

  #at(cell: PlacedCell, offset: number): object {
    return { textDocument: { uri: this.#project.documentUri }, position: cell.positionOf(offset) };
  }

  async #hoverAt(server: LanguageServer, cell: PlacedCell, at: number, limit: AbortSignal): Promise<Hover | null> {
    const found = await server.request('textDocument/hover', this.#at(cell, at), limit);
    const { contents } = (found ?? {}) as { contents?: { value: string } };
    const [, signature = null, documentation = ''] = /^```\w*\n(.*?)\n```\n?(.*)$/s.exec(contents?.value ?? '') ?? [];
    // What it says of a name that it does not know.
    if (signature === null || signature === 'any') return null;
    return { signature: withoutMarks(signature), documentation: withoutMarks(documentation).trim() };
  }

  async #withDetails(
    server: LanguageServer,
    candidates: readonly Candidate[],
    limit: AbortSignal,
  ): Promise<readonly Completion[]> {
    const isAsked = candidates.length <= MOST_DETAILS;
    return Promise.all(
      candidates.map(async ({ item, ...completion }) => {
        if (!isAsked) return completion;
        const { detail = '' } = (await server.request('completionItem/resolve', item, limit)) as { detail?: string };
        return { ...completion, detail: detail === item.label ? '' : withoutMarks(detail) };
      }),
    );
  }

  /** Null = no answer. */
  async #ask<T>(
    signals: readonly AbortSignal[],
    work: (server: LanguageServer, limit: AbortSignal) => Promise<T | null>,
  ): Promise<T | null> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.#timeoutMs);
    const limit = AbortSignal.any([late.signal, this.#closed.signal, ...signals]);
    const answer = this.#lastAsk.then(async () => {
      if (limit.aborted) return null;
      const server = await unlessAborted(limit, this.#life.running());
      return server && answerOf(work(server, limit), limit);
    });
    this.#lastAsk = answer;
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What the server refuses, or ends at, has no answer; a mistake of ours is one. */
async function answerOf<T>(work: Promise<T>, limit: AbortSignal): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (limit.aborted || error instanceof RpcError) return null;
    throw error;
  }
}

async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  const abort = () => resolve(null);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function isInName(code: string, cursor: number): boolean {
  return /^[\p{ID_Continue}$]/u.test(code.slice(cursor));
}
