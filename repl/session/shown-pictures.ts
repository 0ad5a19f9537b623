/** Pictures that a cell shows: as its result such a one comes without it, as a load's, which was seen to grow. */
import { bundleOf } from '../display/bundle.ts';
import { DATA, Shown } from '../display/shown.ts';
import type { Look, MimeBundle } from './protocol.ts';

export class ShownPictures {
  readonly #seen = new Set<object>();

  displayed(value: unknown, look: Look): MimeBundle {
    if (value instanceof Shown && value.graphic !== null) this.#seen.add(value.graphic);
    return bundleOf(value, look);
  }

  result(value: unknown, look: Look): MimeBundle {
    const bundle = bundleOf(value, look);
    const isSeen = value instanceof Shown && value.graphic !== null && this.#seen.has(value.graphic);
    return isSeen ? { 'text/plain': bundle['text/plain'], ...(DATA in bundle && { [DATA]: bundle[DATA] }) } : bundle;
  }

  /** The cell has ended. */
  forget(): void {
    this.#seen.clear();
  }
}
