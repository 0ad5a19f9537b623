/** A cell that has run. */
export interface CellRecord {
  readonly count: number;
  readonly code: string;
  readonly status: 'ok' | 'error';
  /** ISO 8601. */
  readonly at: string;
  readonly ms: number;
}
