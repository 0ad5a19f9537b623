/**
 * A program: `<url> <requests/s> <seconds>`. GETs on schedule, those of a millisecond at once, whatever becomes of those
 * before. Prints a LoadResult. Plain sockets, and no spinning: it takes as little as it can of the processors that it
 * measures, and what it lacks of them itself (how late it sends) is not counted.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { LoadResult } from './load.ts';

const [url = '', rate = '1', duration = '1'] = process.argv.slice(2);
const { hostname, port, pathname } = new URL(url);
const REQUEST = `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`;
const LONGEST_WAIT_MS = 10_000;

const perMs = Number(rate) / 1000;
const total = Math.floor(perMs * 1000 * Number(duration));
const latencies: number[] = [];
const idle: Connection[] = [];
let failed = 0;

class Connection {
  readonly #socket: Socket = connect({ host: hostname, port: Number(port), noDelay: true });
  #sentAt = Number.NaN;
  #text = '';

  constructor() {
    this.#socket.setEncoding('latin1').on('data', (text: string) => this.#take(text));
    for (const event of ['error', 'end'] as const) this.#socket.on(event, () => this.#lost());
  }

  send(): void {
    this.#sentAt = performance.now();
    this.#socket.write(REQUEST);
  }

  close(): void {
    this.#sentAt = Number.NaN;
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#text += text;
    const head = this.#text.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#text)?.[1]);
    if (this.#text.length < head + 4 + length) return;
    if (this.#text.startsWith('HTTP/1.1 200 ')) latencies.push(performance.now() - this.#sentAt);
    else failed++;
    this.#text = '';
    this.#sentAt = Number.NaN;
    idle.push(this);
  }

  #lost(): void {
    if (!Number.isNaN(this.#sentAt)) failed++;
    this.#sentAt = Number.NaN;
    this.#socket.destroy();
  }
}

const all: Connection[] = [];
const startedAt = performance.now();
for (let sent = 0; sent < total; ) {
  const due = Math.min(total, Math.floor((performance.now() - startedAt) * perMs));
  while (sent < due) {
    nextConnection().send();
    sent++;
  }
  await delay(1);
}
const sentAt = performance.now();
while (latencies.length + failed < total && performance.now() < sentAt + LONGEST_WAIT_MS) await delay(1);
for (const connection of all) connection.close();
const sorted = latencies.toSorted((a, b) => a - b);
const quantile = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
const result: LoadResult = {
  requests: total,
  seconds: (performance.now() - startedAt) / 1000,
  p50Ms: quantile(0.5),
  p99Ms: quantile(0.99),
  failed: total - latencies.length,
};
console.log(JSON.stringify(result));

function nextConnection(): Connection {
  const free = idle.pop();
  if (free) return free;
  const made = new Connection();
  all.push(made);
  return made;
}
