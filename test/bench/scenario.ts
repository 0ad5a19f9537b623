/** What the bench is made of: scenarios, their subjects, and the ratios they are judged by. */
import type { SubjectProcess } from './subject-process.ts';

/** Numbers by column. */
export type Sample = Readonly<Record<string, number>>;

export interface Settings {
  readonly rounds: number;
  /** Of each measurement. */
  readonly seconds: number;
  readonly connections: number;
  readonly load: 'wrk' | 'autocannon';
  /** Few replicas, small streams: shows that all of it works, and measures nothing. */
  readonly isQuick: boolean;
}

export interface SubjectPlan {
  readonly name: string;
  /** A file of `subjects/`, without its ending. Plans with the same program and arguments share one process. */
  readonly program: string;
  readonly args?: (settings: Settings) => readonly string[];
  /** What is asked for over HTTP. Default: the scenario's own. */
  readonly path?: string;
}

export interface Ratio {
  readonly column: string;
  readonly of: string;
  readonly to: string;
  /** Null: recorded, to be compared with later runs. */
  readonly target: { readonly is: 'atLeast' | 'atMost'; readonly value: number } | null;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly subjects: readonly SubjectPlan[];
  /** 'round': a new process for each measurement, without warming up. */
  readonly processLives: 'scenario' | 'round';
  readonly ratios: readonly Ratio[];
  /** Rejects when an answer is wrong or missing. */
  measure(subject: SubjectProcess, plan: SubjectPlan, settings: Settings): Promise<Sample>;
}

export interface SubjectResult {
  readonly name: string;
  /** One per round. */
  readonly samples: readonly Sample[];
}

export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly subjects: readonly SubjectResult[];
}
