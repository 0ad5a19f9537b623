/** What prompts and notebooks on an instance have shown as pictures, drawn for this screen. */
import { Followed } from './followed.ts';

export interface ShownPicture {
  /** No other one has the same. */
  readonly key: string;
  /** Of the session that has it. */
  readonly pid: number;
  readonly title: string | null;
  /** Of the cell that showed it. */
  readonly count: number;
  readonly code: string;
  /** ISO times: of its last change, and of its first state. */
  readonly at: string;
  readonly since: string;
  /** Lines, with escapes for colours. */
  readonly text: string;
}

/**
 * Gives those of each session that is there, by its process, again and again until the signal aborts; `columns`: for how
 * many they are drawn.
 */
export type FollowPictures = (
  columns: () => number,
  signal: AbortSignal,
  take: (pictures: ReadonlyMap<number, readonly ShownPicture[]>) => void,
) => Promise<void>;

/** Never changed: a new one takes its place. */
export interface Pictures {
  /** Newest first; null: nobody has looked yet. */
  readonly list: readonly ShownPicture[] | null;
  /** Why they cannot be seen. */
  readonly problem: string | null;
}

export const NO_PICTURES: Pictures = { list: null, problem: null };

/** One that ended, as a notebook that has run, takes none away that were seen. */
const MOST_SEEN = 24;

export class InstancePictures extends Followed<Pictures> {
  /** Of the screen: how wide pictures may be. */
  columns = 80;

  constructor(follow: FollowPictures) {
    super(NO_PICTURES, (signal, give) =>
      follow(
        () => this.columns,
        signal,
        (pictures) => give({ list: this.#withThoseOver(pictures), problem: null }),
      ),
    );
  }

  #withThoseOver(pictures: ReadonlyMap<number, readonly ShownPicture[]>): readonly ShownPicture[] {
    const over = (this.get().list ?? []).filter(({ pid }) => !pictures.has(pid));
    return [...pictures.values(), over]
      .flat()
      .sort((a, b) => b.since.localeCompare(a.since))
      .slice(0, MOST_SEEN);
  }
}
