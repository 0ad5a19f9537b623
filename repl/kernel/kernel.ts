/** A kernel of Jupyter's: what its front ends ask goes on to a session, and what that puts out, to all of them. */
import { messageOf } from '../message-of.ts';
import type { SessionEnd } from '../session/launch-session.ts';
import type { Output } from '../session/protocol.ts';
import { type Answer, answersOf } from './answers.ts';
import { Executions } from './executions.ts';
import type { KernelHistory } from './history.ts';
import { Iopub } from './iopub.ts';
import { KernelSession } from './kernel-session.ts';
import { outputMessage } from './output-message.ts';
import { Questions } from './questions.ts';
import { executeContent, shutdownContent } from './requests.ts';
import type { RequestChannel } from './sockets.ts';
import type { Content, Header, Message, WireFormat } from './wire-message.ts';

interface KernelParts {
  readonly version: string;
  readonly format: WireFormat;
  /** That the session works on; null: one of its own. */
  readonly instance: string | null;
  readonly history: KernelHistory;
  send(channel: RequestChannel | 'iopub', frames: readonly Buffer[]): void;
  /** For who reads Jupyter's log. */
  note(text: string): void;
}

/** Cells that a late output may still belong to. */
const MOST_HEADERS = 10_000;

export class Kernel {
  /** Resolves with the process's exit code. */
  readonly ended: Promise<number>;
  readonly #parts: KernelParts;
  readonly #iopub: Iopub;
  readonly #session: Promise<KernelSession>;
  readonly #executions: Executions;
  readonly #questions: Questions;
  readonly #answers: Readonly<Record<string, Answer>>;
  readonly #headers = new Map<string, Header>();
  readonly #ended = Promise.withResolvers<number>();
  #isEnding = false;

  constructor(parts: KernelParts) {
    this.#parts = parts;
    this.ended = this.#ended.promise;
    this.#iopub = new Iopub((message) => parts.send('iopub', parts.format.encode(message)));
    this.#iopub.status('starting', null);
    this.#session = this.#startSession();
    const { history, version } = parts;
    const session = this.#session;
    this.#executions = new Executions({ iopub: this.#iopub, session, history, exit: () => void this.end(0) });
    this.#questions = new Questions((message) => parts.send('stdin', parts.format.encode(message)), session);
    this.#answers = {
      ...answersOf({ version, session, history }),
      // One that is as the protocol has it comes no further than the cells.
      execute_request: ({ content }) => executeContent.parse(content) && null,
      interrupt_request: () => this.#interrupted(),
      shutdown_request: (message) => this.#shutDown(message),
    };
  }

  take(channel: RequestChannel, frames: readonly Buffer[]): void {
    const message = this.#parts.format.decode(frames);
    if ('refused' in message) this.#parts.note(`a message on ${channel} is not heeded: ${message.refused}`);
    else if (!this.#isEnding) void this.#handle(channel, message);
  }

  subscribed(topic: Buffer): void {
    this.#iopub.welcome(topic);
  }

  interrupt(): void {
    void this.#interrupted();
  }

  /** Once session and instance have ended. */
  async end(code: number): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    await this.#session.then(
      (session) => session.end(),
      () => {}, // there is none
    );
    this.#iopub.flush();
    this.#ended.resolve(code);
  }

  async #startSession(): Promise<KernelSession> {
    try {
      const session = await KernelSession.start({
        instance: this.#parts.instance,
        show: (output) => this.#show(output),
        say: (text) => this.#say(text),
        ended: (end) => this.#sessionEnded(end),
      });
      session.connected.catch((error) => this.#fail(`there is no instance to work on: ${messageOf(error)}`));
      return session;
    } catch (error) {
      this.#fail(messageOf(error));
      throw error;
    }
  }

  async #handle(channel: RequestChannel, message: Message): Promise<void> {
    const { header, content, identities } = message;
    const { msg_type: type } = header;
    this.#remember(header);
    const reply = (answer: Content): void => {
      // A comm's messages are answered by none, not even when they are wrong.
      if (!type.endsWith('_request')) return;
      const replyType = type.replace(/_request$/, '_reply');
      const frames = this.#parts.format.encode({ type: replyType, content: answer, parent: header, identities });
      this.#parts.send(channel, frames);
    };
    if (type === 'input_reply') {
      await this.#questions.answered(message);
      return;
    }
    const asked = type === 'execute_request' ? executeContent.safeParse(content).data : undefined;
    if (asked !== undefined) {
      this.#executions.take({ message, asked, reply });
      return;
    }
    const answer = Object.hasOwn(this.#answers, type) ? this.#answers[type] : undefined;
    if (answer === undefined) {
      this.#parts.note(`a '${type}' on ${channel} is not heeded: it is unknown here`);
      return;
    }
    this.#iopub.status('busy', header);
    try {
      const found = await answer(message);
      if (found !== null) reply(found);
    } catch (error) {
      reply(errorReply(error));
    } finally {
      this.#iopub.status('idle', header);
    }
  }

  #show(output: Output): void {
    if (!this.#executions.isShown(output)) return;
    const parent = this.#headerOf('parent' in output ? output.parent : null);
    if (output.type === 'stream') this.#iopub.print(output.name, output.text, parent);
    if (output.type === 'input_request') this.#questions.ask(output, this.#executions.asker(output.parent));
    const message = outputMessage(output);
    if (message !== null) this.#iopub.publish({ ...message, parent });
  }

  #headerOf(id: string | null): Header | null {
    return (id === null ? undefined : this.#headers.get(id)) ?? this.#executions.header;
  }

  #remember(header: Header): void {
    this.#headers.set(header.msg_id, header);
    const [oldest] = this.#headers.keys();
    if (this.#headers.size > MOST_HEADERS && oldest !== undefined) this.#headers.delete(oldest);
  }

  async #interrupted(): Promise<Content> {
    const { client } = await this.#session;
    const outcome = await Promise.race([client.interrupt(), client.gone]);
    if (outcome === 'stuck') this.#say('it cannot be stopped where it is; to restart the kernel ends it\n');
    return { status: 'ok' };
  }

  #shutDown({ content, header }: Message): Content {
    const { restart } = shutdownContent.parse(content);
    const reply = { status: 'ok', restart };
    this.#iopub.publish({ type: 'shutdown_reply', content: reply, parent: header });
    setImmediate(() => void this.end(0));
    return reply;
  }

  /** Jupyter begins another one, and says so: a new session under old cells would be none that they ran in. */
  #sessionEnded({ code, signal }: SessionEnd): void {
    const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
    this.#fail(`the session ${how}: what was defined here is lost`);
  }

  #fail(reason: string): void {
    if (this.#isEnding) return;
    this.#parts.note(reason);
    this.#say(`${reason}\n`);
    void this.end(1);
  }

  #say(text: string): void {
    this.#iopub.print('stderr', text, this.#headerOf(null));
  }
}

const errorReply = (error: unknown): Content => ({
  status: 'error',
  ename: error instanceof Error ? error.name : 'Error',
  evalue: messageOf(error),
  traceback: [],
});
