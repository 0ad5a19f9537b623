/** What prompts and notebooks on an instance have shown as pictures, drawn for this screen. */
import { Followed } from './followed.ts';

export interface ShownPicture {
  /** No other one has the same. */
  readonly key: string;
  /** Of the cell that showed it. */
  readonly count: number;
  readonly code: string;
  /** ISO time of its last change. */
  readonly at: string;
  /** Lines, with escapes for colours. */
  readonly text: string;
}

/** Gives all there are, oldest first, again and again until the signal aborts; `columns`: for how many they are drawn. */
export type FollowPictures = (
  columns: () => number,
  signal: AbortSignal,
  take: (pictures: readonly ShownPicture[]) => void,
) => Promise<void>;

/** Never changed: a new one takes its place. */
export interface Pictures {
  /** Newest first; null: nobody has looked yet. */
  readonly list: readonly ShownPicture[] | null;
  /** Why they cannot be seen. */
  readonly problem: string | null;
}

export const NO_PICTURES: Pictures = { list: null, problem: null };

export class InstancePictures extends Followed<Pictures> {
  /** Of the screen: how wide pictures may be. */
  columns = 80;

  constructor(follow: FollowPictures) {
    super(NO_PICTURES, (signal, give) =>
      follow(
        () => this.columns,
        signal,
        (pictures) => give({ list: pictures.toReversed(), problem: null }),
      ),
    );
  }
}
