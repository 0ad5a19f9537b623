/** Ink's part: keys in, lines out. One text per line, and only those that have changed are looked at again. */
import { Box, Transform, useApp, useInput, usePaste } from 'ink';
import { createElement, memo, type ReactNode, useEffect, useSyncExternalStore } from 'react';
import { keysOf } from './keys.ts';
import type { Top } from './top.ts';

export type Handover = ReturnType<typeof useApp>['suspendTerminal'];

export interface ScreenProps {
  readonly top: Top;
  /** Told once it can be used: leaves, and gives the terminal to somebody else for a while. */
  readonly ready: (app: { readonly exit: () => void; readonly suspend: Handover }) => void;
}

export function Screen({ top, ready }: ScreenProps): ReactNode {
  const frame = useSyncExternalStore(top.subscribe, top.frame);
  const { exit, suspendTerminal } = useApp();
  useEffect(() => ready({ exit: () => exit(), suspend: suspendTerminal }), [ready, exit, suspendTerminal]);
  useInput((input, key) => top.press(keysOf(input, key)));
  usePaste((text) => top.paste(text));
  // Without JSX: this is all there is of it, and the sources stay what Node itself can read.
  const place = 'x'.repeat(top.columns);
  const rowOf = (text: string): ReactNode => createElement(Row, { text, place });
  return createElement(Box, { flexDirection: 'column', height: frame.length }, ...frame.map(rowOf));
}

/**
 * Ink lays out a place of the same width, and the line is put there afterwards: measuring text is the most of what it does,
 * and these lines have been measured.
 */
const Row = memo(({ text, place }: { readonly text: string; readonly place: string }) =>
  createElement(Transform, { transform: () => text, accessibilityLabel: text }, place),
);
