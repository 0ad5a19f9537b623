/** A value that knows how it looks; its data stay at hand: `(await show.backends()).data`. */
import { inspect } from 'node:util';
import type { Look } from '../session/protocol.ts';
import { withoutSecrets } from './secrets.ts';

/** What a value may have, to say how it is shown: Deno's protocol, which libraries know. */
export const DISPLAY = Symbol.for('Jupyter.display');

export class Shown<Data> {
  readonly data: Data;
  readonly #text: (look: Look) => string;

  constructor(data: Data, text: (look: Look) => string) {
    this.data = data;
    this.#text = text;
  }

  text(look: Look): string {
    return this.#text(look);
  }

  [inspect.custom](_depth: number, options: import('node:util').InspectOptions): string {
    return this.#text({ colors: Boolean(options.colors), columns: process.stdout.columns ?? 80 });
  }

  /** As notebooks show it; what is no JSON, as a user's own config may be, they show as text. */
  [DISPLAY](): Readonly<Record<string, unknown>> {
    const data = withoutSecrets(this.data);
    return isJson(data) ? { 'application/json': data } : {};
  }
}

function isJson(data: unknown): boolean {
  try {
    return JSON.stringify(data) !== undefined;
  } catch {
    return false; // a BigInt, or something that holds itself
  }
}
