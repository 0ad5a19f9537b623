/** The last pictures that a session has shown, for who looks at them elsewhere: the screen. */
import type { Picture } from '../display/shown.ts';
import type { KeptPicture, Look, PicturesRequest, Reply } from './protocol.ts';

interface Kept extends Omit<KeptPicture, 'text' | 'pid' | 'title'> {
  /** null: of the first that there will be. */
  readonly instance: string | null;
  readonly picture: Picture;
  readonly display: string | null;
  /** As it was last asked for: who looks asks again and again. */
  drawn: { readonly look: Look; readonly text: string } | null;
}

const MOST_KEPT = 12;
const MOST_OF_CODE = 200;

export class KeptPictures {
  readonly #instance: () => string | null;
  #kept: readonly Kept[] = [];
  #cell = { count: 0, code: '' };
  #number = 0;

  /** `instance`: the name of the one that they are about now; null: not known yet. */
  constructor(instance: () => string | null) {
    this.#instance = instance;
  }

  /** From now on a picture is of this cell. */
  begin(count: number, code: string): void {
    this.#cell = { count, code: code.trim().slice(0, MOST_OF_CODE) };
  }

  /** `display`: what is shown later under the same name takes its place, as does the same picture. */
  keep(picture: Picture, display: string | null): void {
    const instance = this.#instance();
    const before = this.#kept.find(
      (one) => one.picture === picture || (display !== null && one.display === display && one.instance === instance),
    );
    if (before?.picture === picture) return;
    const at = new Date().toISOString();
    if (before !== undefined) {
      const now = { ...before, picture, at, drawn: null };
      this.#kept = this.#kept.map((one) => (one === before ? now : one));
      return;
    }
    const key = `${process.pid}/${++this.#number}`;
    this.#kept = [...this.#kept, { ...this.#cell, key, at, since: at, instance, picture, display, drawn: null }].slice(
      -MOST_KEPT,
    );
  }

  /** Something else is shown there now. */
  drop(display: string): void {
    this.#kept = this.#kept.filter((one) => one.display !== display);
  }

  answer({ id, instance, look }: PicturesRequest): Reply {
    const pictures = this.#kept
      .filter((one) => (one.instance ?? this.#instance()) === instance)
      .map((one): KeptPicture => {
        const { key, count, code, at, since, picture } = one;
        return { key, pid: process.pid, title: picture.title, count, code, at, since, text: textOf(one, look) };
      });
    return { type: 'pictures_reply', parent: id, pictures };
  }
}

function textOf(one: Kept, look: Look): string {
  if (one.drawn === null || one.drawn.look.columns !== look.columns || one.drawn.look.colors !== look.colors) {
    one.drawn = { look, text: one.picture.text(look) };
  }
  return one.drawn.text;
}
