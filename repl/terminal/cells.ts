/** What is typed, sent to the session as cells; what they put out, shown. */
import { completeness } from '../evaluate/completeness.ts';
import { newId } from '../new-id.ts';
import { questionIn } from '../question.ts';
import type { Look, Output } from '../session/protocol.ts';
import type { Screen } from './screen.ts';
import type { SessionKeeper } from './session-keeper.ts';

export class Cells {
  readonly #session: SessionKeeper;
  readonly #screen: Screen;
  readonly #look: () => Look;
  /** The one that runs first, then those that were typed since. */
  readonly #queue: string[] = [];
  #interrupts = 0;
  #idle = Promise.withResolvers<void>();

  constructor(session: SessionKeeper, screen: Screen, look: () => Look) {
    this.#session = session;
    this.#screen = screen;
    this.#look = look;
  }

  get isRunning(): boolean {
    return this.#queue.length > 0;
  }

  /** Here, and at once: the next line of what is pasted comes before a session could say. */
  isIncomplete(input: string): boolean {
    return questionIn(input) === null && completeness(input).status === 'incomplete';
  }

  /** After those before it. Resolves when nothing runs any more, however it ended; all of it has been shown. */
  run(code: string): Promise<void> {
    this.#queue.push(code);
    if (this.#queue.length === 1) {
      this.#idle = Promise.withResolvers<void>();
      void this.#runAll();
    }
    return this.#idle.promise;
  }

  show(output: Output): void {
    switch (output.type) {
      case 'stream':
        this.#screen.write(output.text);
        return;
      case 'error':
        this.#screen.write(`${output.text}\n`);
        return;
      case 'display_data':
        if (output.display === null) this.#screen.write(`${output.data['text/plain']}\n`);
        else this.#screen.display(output.display, output.data['text/plain']);
        return;
      case 'update_display_data':
        if (output.display !== null) this.#screen.update(output.display, output.data['text/plain']);
        return;
      case 'execute_result':
        this.#screen.write(`${output.data['text/plain']}\n`);
    }
  }

  /** What was typed behind the cell that runs is not run either. The third does not ask. */
  async interrupt(): Promise<void> {
    const given = this.#queue.splice(1);
    if (given.length > 0) this.#screen.write(`${given.length} more, typed meanwhile, not run\n`);
    this.#interrupts++;
    if (this.#interrupts === 3) return this.#session.kill();
    const outcome = await this.#session.interrupt();
    if (outcome === 'stuck' && this.isRunning) {
      this.#screen.write('it cannot be stopped where it is; after three Ctrl+C the session ends, not the instance\n');
    }
  }

  async #runAll(): Promise<void> {
    for (let [code] = this.#queue; code !== undefined; [code] = this.#queue) {
      this.#screen.beginCell();
      await this.#session.execute({ code, look: this.#look(), stopOnError: false }, newId());
      this.#queue.shift();
    }
    this.#interrupts = 0;
    this.#screen.endCell();
    this.#idle.resolve();
  }
}
