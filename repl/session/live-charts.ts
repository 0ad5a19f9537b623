/** Charts that grow, each for as long as its cell runs. */
import type { LiveChart, LiveGiven, LivePlace } from '../charts/live-chart.ts';
import { startLive } from '../charts/load-charts.ts';

interface LiveParts {
  readonly output: { readonly cell: string | null; within<T>(cell: string, work: () => T): T };
  signal(): AbortSignal;
  /** What it gives shows another value in its place. */
  display(value: unknown): { update(value: unknown): void };
  threw(error: unknown, cell: string | null): void;
}

export class LiveCharts {
  readonly #parts: LiveParts;
  readonly #ofCells = new Map<string, LiveChart[]>();

  constructor(parts: LiveParts) {
    this.#parts = parts;
  }

  readonly live = (given: LiveGiven, sample: () => unknown): LiveChart => {
    const { output, signal, display, threw } = this.#parts;
    const { cell } = output;
    let shown: { update(value: unknown): void } | null = null;
    const place: LivePlace = {
      signal: signal(),
      show: (value) => {
        if (shown === null) shown = display(value);
        else shown.update(value);
      },
      threw: (error) => threw(error, cell),
    };
    const chart = startLive(given, sample, place);
    if (cell !== null) this.#ofCells.set(cell, [...(this.#ofCells.get(cell) ?? []), chart]);
    return chart;
  };

  /** Whether the cell has shown it already, as it was made there. */
  isOf(cell: string, value: unknown): boolean {
    return this.#ofCells.get(cell)?.some((chart) => chart === value) ?? false;
  }

  /** They show their last state. */
  endOf(cell: string): void {
    this.#parts.output.within(cell, () => {
      for (const chart of this.#ofCells.get(cell) ?? []) chart.stop();
    });
    this.#ofCells.delete(cell);
  }
}
