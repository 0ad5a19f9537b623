/** What readers elsewhere follow, page by page: they say how far they have read, and nothing waits for them. */

/** How far somebody has read: up to what has this serial number, in that log. */
export interface PagePlace {
  readonly log: string;
  readonly serial: number;
}

/** What there is, in its order, and how far that has been read. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly place: PagePlace;
  /** There is more already. */
  readonly hasMore: boolean;
}
