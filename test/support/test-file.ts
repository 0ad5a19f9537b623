// Runs one compiled uvu file in a process group of its own and judges what it did.
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface FileLimits {
  /** For the whole file. */
  readonly fileTimeoutMs: number;
  /** From uvu's summary to the end of the process and of everything it started. */
  readonly lingerMs: number;
}

export interface FileResult {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly durationMs: number;
  /** What is wrong beyond the tests that say so themselves. */
  readonly problems: readonly string[];
  readonly output: string;
}

interface Ending {
  readonly exit: string | undefined;
  readonly problems: string[];
}

const summary = /\n {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)\n {2}Duration: /g;
const longestSummary = 200;
/** The state directory of each process group at work. */
const running = new Map<number, string>();

/** Runs one file to its end, or to the end of its time. Never rejects for what the file does. */
export async function runTestFile(file: string, limits: FileLimits): Promise<FileResult> {
  const stateHome = await mkdtemp(join(tmpdir(), 'slt-'));
  const startedAt = performance.now();
  const child = spawn(process.execPath, [file], {
    detached: true,
    env: childEnvironment(stateHome),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.pid !== undefined) running.set(child.pid, stateHome);
  try {
    const output = collect(child);
    const ending = await ended(child, output, limits);
    return judge(file, performance.now() - startedAt, output, ending);
  } finally {
    if (child.pid !== undefined) running.delete(child.pid);
    await rm(stateHome, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Ends every test process still running and clears up after it; for a runner that is itself told to stop. */
export function killRunning(): void {
  for (const [group, stateHome] of running) {
    killGroup(group);
    rmSync(stateHome, { recursive: true, force: true, maxRetries: 3 });
  }
}

function childEnvironment(stateHome: string): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, ...inherited } = process.env;
  return { ...inherited, NO_COLOR: '1', XDG_STATE_HOME: stateHome };
}

interface Output {
  stdout: string;
  all: string;
  /** Settles with uvu's first summary, or with the end of the process if there is none. */
  readonly summarised: Promise<void>;
}

function collect(child: ChildProcess): Output {
  const { promise, resolve } = Promise.withResolvers<void>();
  const output: Output = { stdout: '', all: '', summarised: promise };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
    output.all += text;
    const unread = output.stdout.slice(-text.length - longestSummary);
    if (unread.search(summary) >= 0) resolve();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.all += text;
  });
  child.once('exit', () => resolve());
  child.once('error', () => resolve());
  return output;
}

async function ended(child: ChildProcess, output: Output, limits: FileLimits): Promise<Ending> {
  const group = child.pid;
  if (group === undefined) return { exit: undefined, problems: ['could not be started'] };
  const problems: string[] = [];
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? String(code)));
  });
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });

  if ((await within(limits.fileTimeoutMs, output.summarised)) === late) {
    problems.push(`did not finish within ${limits.fileTimeoutMs} ms`);
  } else if ((await within(limits.lingerMs, exited)) === late) {
    problems.push(`left something running: still alive ${limits.lingerMs} ms after its last test`);
  } else if (await outlived(group, limits.lingerMs)) {
    problems.push(`left something running: a process it started was still alive ${limits.lingerMs} ms after it`);
  }
  const wasKilled = problems.length > 0;
  killGroup(group);
  const exit = await exited;
  if ((await within(1000, closed)) === late) {
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
  return { exit: wasKilled ? undefined : exit, problems };
}

const late = Symbol('late');

async function within<T>(limitMs: number, promise: Promise<T>): Promise<T | typeof late> {
  const timer = new AbortController();
  const timeout = sleep(limitMs, undefined, { signal: timer.signal }).then(
    (): typeof late => late,
    (): typeof late => late,
  );
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    timer.abort();
  }
}

/** True when a member of the process group is alive and stays so. Known on Linux only; elsewhere it is killed unseen. */
async function outlived(group: number, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (await hasLiveMember(group)) {
    if (performance.now() >= deadline) return true;
    await sleep(20); // no event tells of a process that is no child of ours
  }
  return false;
}

async function hasLiveMember(group: number): Promise<boolean> {
  const processes = await readdir('/proc').catch(() => []);
  for (const pid of processes.filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const [state, , processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(processGroup) === group && state !== 'Z' && state !== 'X') return true;
  }
  return false;
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

/** uvu exits 0 when a hook throws and takes the tests after it along, so every test that did not pass has failed. */
function judge(file: string, durationMs: number, output: Output, ending: Ending): FileResult {
  const counts = countTests(output.stdout);
  const unpassed = counts.total - counts.passed;
  const problems = ending.problems.length > 0 ? ending.problems : problemsWith(counts, ending.exit);
  const isUncounted = problems.length > 0 && (unpassed === 0 || ending.problems.length > 0);
  return {
    file,
    passed: counts.passed,
    failed: unpassed + (isUncounted ? 1 : 0),
    skipped: counts.skipped,
    durationMs,
    problems,
    output: output.all,
  };
}

interface Counts {
  readonly total: number;
  readonly passed: number;
  readonly skipped: number;
  readonly summaries: number;
}

/** A file whose suites start in different turns prints a summary for each. */
function countTests(stdout: string): Counts {
  const summaries = [...stdout.matchAll(summary)];
  const sum = (column: number): number => summaries.reduce((total, found) => total + Number(found[column]), 0);
  return { total: sum(1), passed: sum(2), skipped: sum(3), summaries: summaries.length };
}

function problemsWith(counts: Counts, exit: string | undefined): string[] {
  const unpassed = counts.total - counts.passed;
  const exitedWell = exit === '0';
  if (!exitedWell && unpassed === 0) return [`crashed: exit ${exit}`];
  if (counts.summaries === 0) return ['printed no summary: is test.run() missing?'];
  if (counts.total + counts.skipped === 0) return ['holds no test'];
  if (exitedWell && unpassed > 0) return [`${unpassed} never ran: a hook threw, and uvu hides what`];
  return [];
}
