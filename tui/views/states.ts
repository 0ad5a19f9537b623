import type { ReplicaState } from '../../lib/index.ts';
import type { Tone } from '../frame/line.ts';
import type { Glyphs } from '../frame/look.ts';

const STATES: Readonly<
  Record<ReplicaState, { readonly glyph: 'ok' | 'starting' | 'updating' | 'stopping' | 'dead'; readonly tone: Tone }>
> = {
  RUNNING: { glyph: 'ok', tone: 'ok' },
  STARTING: { glyph: 'starting', tone: 'info' },
  UPDATING: { glyph: 'updating', tone: 'info' },
  STOPPING: { glyph: 'stopping', tone: 'warn' },
  DEAD: { glyph: 'dead', tone: 'bad' },
};

export const stateGlyph = (state: ReplicaState, glyphs: Glyphs): string => glyphs[STATES[state].glyph];

export const stateTone = (state: ReplicaState): Tone => STATES[state].tone;
