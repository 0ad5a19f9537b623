/** Everybody who calls while code is updated: over HTTP, by handle here, in another replica and in another process. */
import type * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { type HandleAnswer, HandleLoad } from '../support/handle-load.ts';
import type { Load, LoadAnswer } from '../support/load.ts';
import { request } from '../support/load.ts';
import { type CodeUpdate, type Refusal, RemoteCaller } from '../support/remote-caller.ts';
import { type Recorded, requireAllServed, type Scene } from './control-fixture.ts';

/** Kinds of callers, as their ids begin. */
const KINDS = ['http', 'batches', 'replica', 'handle', 'process'] as const;
const HTTP_PER_SECOND = 120;
/** Of each update; none of them ends before the test says `open`. */
const STREAMS = 3;

/** Queries of the endpoints `leaf`, `batches`, and `through`, which hands them on to `leaf`. */
export class Callers {
  readonly #scene: Scene;
  readonly #http: readonly Load[];
  readonly #handle: HandleLoad;
  readonly #process: RemoteCaller;
  readonly #marks: { readonly inForce: number; readonly at: number }[] = [{ inForce: 0, at: 0 }];
  readonly #streams: Promise<LoadAnswer>[] = [];
  #numStreams = 0;

  private constructor(scene: Scene, handle: serve.Handle, remote: RemoteCaller) {
    this.#scene = scene;
    this.#process = remote;
    this.#http = [
      scene.load('/leaf', 'http', HTTP_PER_SECOND, 8),
      scene.load('/batches', 'batches', HTTP_PER_SECOND, 8),
      scene.load('/through', 'replica', HTTP_PER_SECOND, 8),
    ];
    this.#handle = new HandleLoad({ handle, name: 'handle', callers: 1 });
  }

  /** Runs while they call, and ends them however it ends. */
  static async during(scene: Scene, run: (callers: Callers) => Promise<void>): Promise<void> {
    const { instance } = await scene.client.status();
    const handle = await scene.client.getHandle('leaf');
    const remote = await RemoteCaller.start(instance.name, 'leaf', 'process', 1);
    const callers = new Callers(scene, handle, remote);
    try {
      await callers.more(10);
      await run(callers);
    } finally {
      callers.#handle.end();
      await remote.kill();
    }
  }

  /** Opens streams that the code of now begins to answer. */
  async openStreams(): Promise<void> {
    const { url, signals } = this.#scene;
    const round = this.#numStreams / STREAMS;
    this.#streams.push(request(`${url}/leaf?stream`, `http-stream-${round}`));
    this.#handle.call(`handle-stream-${round}`, { stream: '' });
    this.#process.stream(`process-stream-${round}`);
    this.#numStreams += STREAMS;
    await signals.heard('entered', this.#numStreams);
  }

  endStreams(): void {
    this.#scene.signals.say('open');
  }

  /** From another process. */
  update(update: CodeUpdate): Promise<Refusal | null> {
    return this.#process.update(update);
  }

  /** Whoever calls from now on must meet this version, or a later one. */
  async mark(inForce: number): Promise<void> {
    this.#marks.push({ inForce, at: performance.now() });
    this.#handle.mark(inForce);
    await this.#process.mark(inForce);
  }

  /** Resolves when each of them has called so much more. */
  async more(count: number): Promise<void> {
    await Promise.all([...this.#http, this.#handle, this.#process].map((load) => load.more(count)));
  }

  /** All have stopped. Every query was served, once, and by nothing older than what was in force. */
  async requireAllWell(versions: readonly number[]): Promise<void> {
    const http = await Promise.all(this.#http.map((load) => load.stop()));
    const overHttp = [...http.flat(), ...(await Promise.all(this.#streams))].map((answer) => this.#marked(answer));
    const answers = [...overHttp, ...(await this.#handle.stop()), ...(await this.#process.stop())];
    requireAllServed(answers, this.#scene.ledger);
    const streamed = answers.filter(({ id }) => id.includes('-stream-'));
    assert.is(streamed.length, this.#numStreams);
    assert.ok(streamed.every(({ body }) => body === 'a part the end'));
    const plain = answers
      .filter(({ id }) => !id.includes('-stream-'))
      .map((answer) => ({ ...answer, ...said(answer) }));
    const tooOld = plain.filter(({ version, inForce }) => version < inForce);
    assert.equal(tooOld.slice(0, 3), [], `${tooOld.length} answers of older code`);
    for (const kind of KINDS) {
      const met = new Set(plain.filter(({ id }) => id.startsWith(`${kind}-`)).map(({ version }) => version));
      assert.equal(
        [...met].sort((a, b) => a - b),
        versions,
        kind,
      );
    }
  }

  #marked(answer: LoadAnswer): HandleAnswer {
    return { ...answer, inForce: this.#marks.findLast(({ at }) => at <= answer.sentAt)?.inForce ?? 0 };
  }
}

const said = ({ body }: LoadAnswer): { version: number } => ({
  version: Number((JSON.parse(body) as Recorded).version),
});
