/** A subject under test in a process of its own, as the bench holds it. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sample } from './scenario.ts';
import { CPU_COMMAND, type FromSubject, type ToSubject } from './subject.ts';

export class SubjectProcess {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #died = Promise.withResolvers<never>();
  /** Of its own: subjects that run at once give their instances the same name. */
  readonly #stateHome: string;
  #isStopping = false;
  #url: string | null = null;

  private constructor(name: string, file: string, args: readonly string[]) {
    this.#name = name;
    this.#stateHome = mkdtempSync(join(tmpdir(), 'bench-state-'));
    const child = fork(file, args, { env: { ...process.env, XDG_STATE_HOME: this.#stateHome } });
    this.#child = child;
    this.#died.promise.catch(() => {});
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        if (!this.#isStopping) this.#died.reject(new Error(`${name} ended by itself: ${signal ?? `exit ${code}`}`));
        resolve();
      });
    });
    child.once('error', (error) => this.#died.reject(error));
  }

  /** Resolves once it is ready to be measured. */
  static async start(program: string, args: readonly string[]): Promise<SubjectProcess> {
    const file = join(import.meta.dirname, 'subjects', `${program}.js`);
    const subject = new SubjectProcess([program, ...args].join(' '), file, args);
    try {
      const { url } = await subject.#next('ready');
      subject.#url = url;
      return subject;
    } catch (error) {
      await subject.stop();
      throw error;
    }
  }

  /** Where it listens. */
  get url(): string {
    if (this.#url === null) throw new Error(`${this.#name} serves no HTTP`);
    return this.#url;
  }

  /** Has it do one of its own measurements. */
  async ask(command: string, ...args: readonly number[]): Promise<Sample> {
    const message: ToSubject = { command, args };
    this.#child.send(message);
    return (await this.#next('measured')).sample;
  }

  /** CPU time it has used, of all its threads, in µs. */
  async cpuMicros(): Promise<number> {
    const { cpuMicros = Number.NaN } = await this.ask(CPU_COMMAND);
    return cpuMicros;
  }

  /** `work`, unless the subject dies first. */
  during<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#died.promise]);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#child.kill('SIGKILL');
    if (this.#child.pid !== undefined) await this.#exited;
    // An instance that it had in a process of its own ends a little later, and takes its files along.
    rmSync(this.#stateHome, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }

  #next<Type extends FromSubject['type']>(type: Type): Promise<Extract<FromSubject, { type: Type }>> {
    const message = new Promise<FromSubject>((resolve) => {
      this.#child.once('message', (received) => resolve(received as FromSubject));
    });
    return this.during(
      message.then((received) => {
        if (received.type === type) return received as Extract<FromSubject, { type: Type }>;
        const reason = received.type === 'failed' ? received.reason : `it said '${received.type}'`;
        throw new Error(`${this.#name}: ${reason}`);
      }),
    );
  }
}
