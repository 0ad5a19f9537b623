/** Asks nvidia-smi, in a process that may hang, crash or print anything, without ever holding up this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { quote } from '../domain/given-value.ts';
import { GPU_FIELDS, type GpuReport, parseGpus } from './gpu-report.ts';

export interface NvidiaSmiParts {
  /** Its PATH says where nvidia-smi is. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How long it may take, in ms. Without persistence mode it loads the driver first, which takes a second or two. */
  readonly timeoutMs: number;
}

const ARGUMENTS = [`--query-gpu=${GPU_FIELDS}`, '--format=csv,noheader,nounits'];
const FILE = process.platform === 'win32' ? 'nvidia-smi.exe' : 'nvidia-smi';
/** Far more than any machine's GPUs need, in characters. */
const MOST_PRINTED = 1024 * 1024;

export class NvidiaSmi {
  readonly #parts: NvidiaSmiParts;
  /** Killed and not gone: a driver that hangs holds whoever asks it, and another asker would be held too. */
  #hanging: ChildProcess | null = null;
  #running: ChildProcess | null = null;
  #isStopped = false;

  constructor(parts: NvidiaSmiParts) {
    this.#parts = parts;
  }

  /** Never rejects: what goes wrong is the report's `trouble`. */
  async ask(): Promise<GpuReport> {
    if (this.#hanging) return withoutGpus('nvidia-smi hangs: one that was killed has not ended');
    const path = await this.#find();
    if (path === null) return withoutGpus('nvidia-smi was not found on PATH');
    if (this.#isStopped) return withoutGpus('nobody asks nvidia-smi any more');
    return this.#run(path).catch((error: Error) => withoutGpus(`nvidia-smi could not be run: ${error.message}`));
  }

  /** Ends the one that is being asked; no other is started. */
  stop(): void {
    this.#isStopped = true;
    this.#kill();
  }

  /** Also bound to the end of this process. */
  #kill = (): void => {
    this.#running?.kill('SIGKILL');
  };

  async #find(): Promise<string | null> {
    for (const folder of (this.#parts.env.PATH ?? '').split(delimiter)) {
      if (folder === '') continue; // would mean the current directory
      const path = join(folder, FILE);
      const isThere = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (isThere) return path;
    }
    return null;
  }

  async #run(path: string): Promise<GpuReport> {
    const { env, timeoutMs } = this.#parts;
    const child = spawn(path, ARGUMENTS, { env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    this.#running = child;
    process.once('exit', this.#kill);
    const { promise, resolve } = Promise.withResolvers<GpuReport>();
    const giveUp = (why: string): void => {
      if (child.exitCode === null && child.signalCode === null) this.#hanging = child;
      this.#kill();
      resolve(withoutGpus(why));
    };
    const timer = setTimeout(() => giveUp(`nvidia-smi did not answer within ${timeoutMs} ms`), timeoutMs);
    const printed = collect(child.stdout, () => giveUp('nvidia-smi did not stop printing'));
    const complaints = collect(child.stderr, () => giveUp('nvidia-smi did not stop printing'));
    child.once('error', (error) => resolve(withoutGpus(`nvidia-smi could not be run: ${error.message}`)));
    child.once('exit', () => {
      if (this.#hanging === child) this.#hanging = null;
    });
    child.once('close', (code, signal) => resolve(judge(printed(), complaints(), code, signal)));
    // Whoever waits for the answer keeps this process open; it does not.
    for (const handle of [timer, child, child.stdout, child.stderr]) (handle as { unref?(): void }).unref?.();
    const report = await promise;
    this.#running = null;
    process.off('exit', this.#kill);
    clearTimeout(timer);
    child.stdout.destroy();
    child.stderr.destroy();
    return report;
  }
}

/** What comes, as text, up to far more than there should be. */
function collect(stream: Readable, tooMuch: () => void): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.length > MOST_PRINTED) tooMuch();
  });
  return () => text;
}

const withoutGpus = (trouble: string): GpuReport => ({ gpus: [], trouble });

/** Lines that are whole count also when it has failed: of eight GPUs one may be lost. */
function judge(printed: string, complaints: string, code: number | null, signal: string | null): GpuReport {
  const { gpus, trouble } = parseGpus(printed);
  if (signal !== null) return withoutGpus(`nvidia-smi was killed by ${signal}`);
  if (code === 0) return { gpus, trouble };
  const said = `${printed}\n${complaints}`.split('\n').find((line) => line.trim() !== '' && !isGpu(line));
  return { gpus, trouble: `nvidia-smi ended with ${code}${said === undefined ? '' : `: ${quote(said.trim())}`}` };
}

const isGpu = (line: string): boolean => parseGpus(line).gpus.length > 0;
