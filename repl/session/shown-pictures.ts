/** Pictures that a cell shows: as its result such a one comes without it, as a load's, which was seen to grow. */
import { bundleOf } from '../display/bundle.ts';
import { DATA, type Picture, Shown } from '../display/shown.ts';
import { KeptPictures } from './kept-pictures.ts';
import type { Look, MimeBundle } from './protocol.ts';

export class ShownPictures {
  readonly kept: KeptPictures;
  readonly #seen = new Set<Picture>();

  /** `instance`: the name of the one that they are about now; null: not known yet. */
  constructor(instance: () => string | null) {
    this.kept = new KeptPictures(instance);
  }

  /** `display`: its name, by which another value takes its place. */
  displayed(value: unknown, look: Look, display: string | null): MimeBundle {
    const picture = pictureOf(value);
    if (picture !== null) this.#seen.add(picture);
    return this.updated(value, look, display);
  }

  /** What was seen to grow is not drawn below itself again. */
  result(value: unknown, look: Look, display: string | null = null): MimeBundle {
    const bundle = this.updated(value, look, display);
    const picture = pictureOf(value);
    const isSeen = picture !== null && this.#seen.has(picture);
    return isSeen ? { 'text/plain': bundle['text/plain'], ...(DATA in bundle && { [DATA]: bundle[DATA] }) } : bundle;
  }

  /** Of what is shown in the place of another value, with nothing left out. */
  updated(value: unknown, look: Look, display: string | null): MimeBundle {
    const picture = pictureOf(value);
    if (picture !== null) this.kept.keep(picture, display);
    else if (display !== null) this.kept.drop(display);
    return bundleOf(value, look);
  }

  /** The cell has ended. */
  forget(): void {
    this.#seen.clear();
  }
}

function pictureOf(value: unknown): Picture | null {
  const graphic = value instanceof Shown ? value.graphic : null;
  return graphic !== null && 'svg' in graphic ? graphic : null;
}
