/** What is typed, sent to the session as cells; what they put out, shown. */
import { randomUUID } from 'node:crypto';
import { completeness } from '../evaluate/completeness.ts';
import { questionIn } from '../question.ts';
import type { Look, Output } from '../session/protocol.ts';
import type { Screen } from './screen.ts';
import type { SessionKeeper } from './session-keeper.ts';

export class Cells {
  readonly #session: SessionKeeper;
  readonly #screen: Screen;
  readonly #look: () => Look;
  readonly #running = new Set<string>();
  #interrupts = 0;
  #idle = Promise.withResolvers<void>();

  constructor(session: SessionKeeper, screen: Screen, look: () => Look) {
    this.#session = session;
    this.#screen = screen;
    this.#look = look;
  }

  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  /** Here, and at once: the next line of what is pasted comes before a session could say. */
  isIncomplete(input: string): boolean {
    return questionIn(input) === null && completeness(input).status === 'incomplete';
  }

  /** Resolves when nothing runs any more, however it ended; all of it has been shown. */
  async run(code: string): Promise<void> {
    const id = randomUUID();
    if (!this.isRunning) this.#idle = Promise.withResolvers<void>();
    this.#running.add(id);
    this.#screen.beginCell();
    await this.#session.execute({ code, look: this.#look(), stopOnError: false }, id);
    this.#running.delete(id);
    if (this.isRunning) return this.#idle.promise;
    this.#interrupts = 0;
    this.#screen.endCell();
    this.#idle.resolve();
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

  /** The third does not ask. */
  async interrupt(): Promise<void> {
    this.#interrupts++;
    if (this.#interrupts === 3) return this.#session.kill();
    const outcome = await this.#session.interrupt();
    if (outcome === 'stuck' && this.isRunning) {
      this.#screen.write('it cannot be stopped where it is; after three Ctrl+C the session ends, not the instance\n');
    }
  }
}
