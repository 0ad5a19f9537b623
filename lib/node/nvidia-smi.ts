/** Asks nvidia-smi, in a process that may hang, crash or print anything, without ever holding up this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
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

export const NOT_FOUND = 'nvidia-smi was not found on PATH';

export class NvidiaSmi {
  readonly #parts: NvidiaSmiParts;
  /** Killed and not gone: a driver that hangs holds whoever asks it, and another asker would be held too. */
  #hanging: ChildProcess | null = null;

  constructor(parts: NvidiaSmiParts) {
    this.#parts = parts;
  }

  /** Never rejects: what goes wrong is the report's `trouble`. */
  async ask(): Promise<GpuReport> {
    if (this.#hanging) return withoutGpus('nvidia-smi hangs: one that was killed has not ended');
    const path = await this.#find();
    if (path === null) return withoutGpus(NOT_FOUND);
    return this.#run(path).catch((error: Error) => withoutGpus(`nvidia-smi could not be run: ${error.message}`));
  }

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

  #run(path: string): Promise<GpuReport> {
    const { env, timeoutMs } = this.#parts;
    return new Promise((resolve) => {
      const child = spawn(path, ARGUMENTS, { env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
      let printed = '';
      let complaints = '';
      let isOver = false;
      const end = (report: GpuReport): void => {
        if (isOver) return;
        isOver = true;
        clearTimeout(timer);
        child.stdout.destroy();
        child.stderr.destroy();
        resolve(report);
      };
      const giveUp = (why: string): void => {
        if (isOver) return;
        if (child.exitCode === null && child.signalCode === null) this.#hanging = child;
        child.kill('SIGKILL');
        end(withoutGpus(why));
      };
      const timer = setTimeout(() => giveUp(`nvidia-smi did not answer within ${timeoutMs} ms`), timeoutMs);
      // Nobody who is done waits for it; who does wait for its answer holds the process open.
      for (const handle of [timer, child, child.stdout, child.stderr]) (handle as { unref?(): void }).unref?.();
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        printed += chunk;
        if (printed.length > MOST_PRINTED) giveUp('nvidia-smi did not stop printing');
      });
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        complaints = (complaints + chunk).slice(0, MOST_PRINTED);
      });
      child.once('error', (error) => end(withoutGpus(`nvidia-smi could not be run: ${error.message}`)));
      child.once('exit', () => {
        if (this.#hanging === child) this.#hanging = null;
      });
      child.once('close', (code, signal) => end(judge(printed, complaints, code, signal)));
    });
  }
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
