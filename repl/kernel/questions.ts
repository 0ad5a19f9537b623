/** What cells ask their users, at the front end that runs the cell. */
import { randomUUID } from 'node:crypto';
import type { Output } from '../session/protocol.ts';
import type { KernelSession } from './kernel-session.ts';
import { inputReplyContent } from './requests.ts';
import type { Message, Outgoing } from './wire-message.ts';

type Question = Extract<Output, { type: 'input_request' }>;

export class Questions {
  readonly #send: (message: Outgoing) => void;
  readonly #session: Promise<KernelSession>;
  /** By the message that asks it. */
  readonly #open = new Map<string, string>();

  constructor(send: (message: Outgoing) => void, session: Promise<KernelSession>) {
    this.#send = send;
    this.#session = session;
  }

  ask({ question, prompt, isSecret }: Question, asker: Message | null): void {
    if (asker === null) return;
    const { identities, header } = asker;
    const id = randomUUID();
    this.#open.set(id, question);
    this.#send({ type: 'input_request', id, content: { prompt, password: isSecret }, parent: header, identities });
  }

  async answered({ parent, content }: Message): Promise<void> {
    const { data } = inputReplyContent.safeParse(content);
    // Not every front end says what it answers; then it is what was asked last.
    const id = this.#open.has(parent?.msg_id ?? '') ? parent?.msg_id : [...this.#open.keys()].at(-1);
    const question = id === undefined ? undefined : this.#open.get(id);
    if (data === undefined || id === undefined || question === undefined) return;
    this.#open.delete(id);
    const { client } = await this.#session;
    await client.ask('answer_request', { question, text: data.value });
  }
}
