/** A value that knows how it looks; its data stay at hand: `(await show.backends()).data`. */
import { inspect } from 'node:util';
import type { Look } from '../session/protocol.ts';
import { withoutSecrets } from './secrets.ts';

/** What a value may have, to say how it is shown: Deno's protocol, which libraries know. */
export const DISPLAY = Symbol.for('Jupyter.display');

/** The data themselves: a name that no front end has a view for, as a tree of them would stand where the picture does. */
export const DATA = 'application/vnd.servelab.data+json';

export const VEGA_LITE = 'application/vnd.vegalite.v5+json';

/** In characters: a notebook that keeps more of each of its charts is slow to open. */
const MOST_DATA = 256 * 1024;

/** How it looks where there is more than text. */
export interface Picture {
  readonly title: string | null;
  readonly svg: string;
  /** The same in other forms, by MIME type. */
  readonly others: Readonly<Record<string, unknown>>;
  /** The same in a terminal; a result may say more there. */
  text(look: Look): string;
}

/** As a table, for what is one. */
export interface Page {
  readonly html: string;
}

export class Shown<Data> {
  readonly data: Data;
  readonly #text: (look: Look) => string;
  readonly #graphic: Picture | Page | null;

  constructor(data: Data, text: (look: Look) => string, graphic: Picture | Page | null = null) {
    this.data = data;
    this.#text = text;
    this.#graphic = graphic;
  }

  text(look: Look): string {
    return this.#text(look);
  }

  /** null: it is a text alone. */
  get graphic(): Picture | Page | null {
    return this.#graphic;
  }

  /** null: it has no picture. */
  get svg(): string | null {
    return this.#graphic !== null && 'svg' in this.#graphic ? this.#graphic.svg : null;
  }

  [inspect.custom](_depth: number, options: import('node:util').InspectOptions): string {
    return this.#text({ colors: Boolean(options.colors), columns: process.stdout.columns ?? 80 });
  }

  /** As notebooks show it. Data that are no JSON, as a user's own config may be, are left out, and very many. */
  [DISPLAY](): Readonly<Record<string, unknown>> {
    const data = withoutSecrets(this.data);
    return {
      ...graphicBundle(this.#graphic),
      'text/plain': this.#text({ colors: false, columns: 80 }),
      ...(isKept(data) ? { [DATA]: data } : {}),
    };
  }
}

function graphicBundle(graphic: Picture | Page | null): Readonly<Record<string, unknown>> {
  if (graphic === null) return {};
  return 'svg' in graphic ? { 'image/svg+xml': graphic.svg, ...graphic.others } : { 'text/html': graphic.html };
}

function isKept(data: unknown): boolean {
  try {
    return (JSON.stringify(data)?.length ?? Number.POSITIVE_INFINITY) <= MOST_DATA;
  } catch {
    return false; // a BigInt, or something that holds itself
  }
}
