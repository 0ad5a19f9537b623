/** A page in a Chromium without a screen, by its DevTools protocol. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Requirement } from '../../support/require.ts';

export const chromium: Requirement = {
  available: spawnSync('chromium', ['--version'], { stdio: 'ignore' }).error === undefined,
  why: 'chromium is not installed',
};

interface Answer {
  readonly id?: number;
  readonly error?: { readonly message: string };
  readonly result?: { readonly data?: string; readonly result?: { readonly value?: unknown } } & {
    readonly exceptionDetails?: { readonly exception?: { readonly description?: string } };
  };
}

const PATIENCE_MS = 60_000;
const LOOK_MS = 50;

export class BrowserPage {
  readonly #browser: ChildProcess;
  readonly #socket: WebSocket;
  readonly #asked = new Map<number, (answer: Answer) => void>();
  #count = 0;

  private constructor(browser: ChildProcess, socket: WebSocket) {
    this.#browser = browser;
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const answer = JSON.parse(String(data)) as Answer;
      if (answer.id === undefined) return; // it tells of an event
      this.#asked.get(answer.id)?.(answer);
      this.#asked.delete(answer.id);
    });
  }

  /** `folder`: its profile goes there. */
  static async open(url: string, folder: string, env: NodeJS.ProcessEnv): Promise<BrowserPage> {
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
    const own = ['--remote-debugging-port=0', `--user-data-dir=${join(folder, 'chromium')}`, '--window-size=1100,1400'];
    const browser = spawn('chromium', [...flags, ...own, 'about:blank'], {
      ...{ stdio: ['ignore', 'ignore', 'pipe'], detached: true, env },
    });
    const { host } = new URL(await printedMatch(browser, /ws:\/\/\S+/));
    const made = await fetch(`http://${host}/json/new?${url}`, { method: 'PUT' });
    const { webSocketDebuggerUrl } = (await made.json()) as { readonly webSocketDebuggerUrl: string };
    const socket = new WebSocket(webSocketDebuggerUrl);
    await once(socket, 'open');
    return new BrowserPage(browser, socket);
  }

  /** What an expression gives in the page, as JSON has it. */
  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.#call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    const thrown = result?.exceptionDetails;
    if (thrown) throw new Error(`${expression}: ${thrown.exception?.description}`);
    return result?.result?.value;
  }

  /** While the page is not so far, the expression may also throw. */
  async until(expression: string, what: string): Promise<void> {
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end; ) {
      if (await this.evaluate(expression).catch(() => false)) return;
      await delay(LOOK_MS);
    }
    throw new Error(
      `waited ${PATIENCE_MS} ms for ${what}; the page: ${await this.evaluate('document.body.innerText')}`,
    );
  }

  async screenshot(path: string): Promise<void> {
    const { result } = await this.#call('Page.captureScreenshot', { format: 'png' });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.from(result?.data ?? '', 'base64'));
  }

  async close(): Promise<void> {
    this.#socket.close();
    const { pid, exitCode } = this.#browser;
    const exited = exitCode === null ? once(this.#browser, 'exit') : null;
    if (pid !== undefined && exited !== null) process.kill(-pid, 'SIGKILL');
    await exited;
  }

  #call(method: string, params: object): Promise<Answer> {
    const id = ++this.#count;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}

/** The first match in what a process says on stderr. Rejects when it ends without. */
export function printedMatch(child: ChildProcess, wanted: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      const [found] = wanted.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`it ended and has not said ${wanted}:\n${said}`)));
  });
}
