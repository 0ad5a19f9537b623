/** Load over HTTP, from a process of its own: wrk where it is installed, else autocannon. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from './scenario.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** JSON. */
  readonly body: string | null;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers other than 2xx, and requests without one. */
  readonly failed: number;
}

type LoadSettings = Pick<Settings, 'load' | 'connections' | 'seconds'>;

/** From `dist/test/bench` as well as from `test/bench`'s own place in the tree. */
const WRK_SCRIPT = join(import.meta.dirname, '../../../test/bench/wrk.lua');

export function isWrkInstalled(): boolean {
  return spawnSync('wrk', ['-v'], { stdio: 'ignore' }).error === undefined;
}

/** Rejects when any request failed, or none was answered. */
export async function loadHttp(request: HttpRequest, settings: LoadSettings): Promise<LoadResult> {
  const result = settings.load === 'wrk' ? await runWrk(request, settings) : await runAutocannon(request, settings);
  if (result.failed > 0) throw new Error(`${result.failed} of ${result.requests} requests failed: ${request.url}`);
  if (result.requests === 0) throw new Error(`nothing was answered: ${request.url}`);
  return result;
}

/** GETs at this rate, open-loop: see open-loop-client. Rejects when any request failed. */
export async function loadOnSchedule(url: string, perSecond: number, seconds: number): Promise<LoadResult> {
  const program = join(import.meta.dirname, 'open-loop-client.js');
  const args = [program, url, String(perSecond), String(seconds)];
  const client = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const result = JSON.parse(await outputOf(client, 'the client')) as LoadResult;
  if (result.failed > 0) throw new Error(`${result.failed} of ${result.requests} requests failed: ${url}`);
  return result;
}

async function runWrk({ method, url, body }: HttpRequest, { connections, seconds }: LoadSettings): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const script: string[] = [method];
    if (body !== null) {
      const file = join(folder, 'body');
      writeFileSync(file, body);
      script.push(file);
    }
    const plain = ['-t1', `-c${connections}`, `-d${Math.ceil(seconds)}s`, '-s', WRK_SCRIPT, url, '--', ...script];
    const wrk = spawn('wrk', plain, { stdio: ['ignore', 'pipe', 'inherit'] });
    // wrk counts in whole seconds; interrupted, it tells what it has.
    const timer = Number.isInteger(seconds) ? null : setTimeout(() => wrk.kill('SIGINT'), seconds * 1000);
    const output = await outputOf(wrk, 'wrk');
    if (timer !== null) clearTimeout(timer);
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as LoadResult;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface AutocannonReport {
  readonly duration: number;
  readonly latency: { readonly p50: number; readonly p99: number };
  readonly requests: { readonly total: number };
  readonly errors: number;
  readonly non2xx: number;
}

/** Its latencies are whole milliseconds. */
async function runAutocannon(request: HttpRequest, { connections, seconds }: LoadSettings): Promise<LoadResult> {
  const program = createRequire(import.meta.url).resolve('autocannon');
  const flags = ['--json', '-c', String(connections), '-d', String(seconds), '-m', request.method];
  if (request.body !== null) flags.push('-b', request.body, '-H', 'content-type=application/json');
  const child = spawn(process.execPath, [program, ...flags, request.url], { stdio: ['ignore', 'pipe', 'ignore'] });
  const report = JSON.parse(await outputOf(child, 'autocannon')) as AutocannonReport;
  return {
    requests: report.requests.total,
    seconds: report.duration,
    p50Ms: report.latency.p50,
    p99Ms: report.latency.p99,
    failed: report.errors + report.non2xx,
  };
}

/** What a program that ends well has printed. */
export async function outputOf(child: ChildProcess, name: string): Promise<string> {
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const exit = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? String(code)));
  });
  if (exit !== '0') throw new Error(`${name} ended with ${exit}: ${output}`);
  return output;
}
