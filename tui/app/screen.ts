/** Ink's part: keys in, lines out. One text per line, and only those that have changed are looked at again. */
import { Box, Text, useApp, useInput, usePaste } from 'ink';
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
  return createElement(Box, { flexDirection: 'column', height: frame.length, overflow: 'hidden' }, ...frame.map(rowOf));
}

/** A line is known by its place. */
const rowOf = (text: string): ReactNode => createElement(Row, { text });

const Row = memo(({ text }: { readonly text: string }) => createElement(Text, { wrap: 'truncate' }, text));
