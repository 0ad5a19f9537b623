import type { NodeStatus } from '../../lib/index.ts';
import type { Figure, Whole } from '../charts/figure.ts';
import { amount } from '../cli/format.ts';
import { bytesText } from './units.ts';

export type Gpu = NodeStatus['gpus'][number] & { readonly node: string };

export const sharedOut = ({ allocations }: Gpu): number => allocations.reduce((sum, { share }) => sum + share, 0);

/** A bar for each GPU: who holds which part of it. `waiting`: a line for each backend that waits for one. */
export function gpusFigure(gpus: readonly Gpu[], waiting: readonly string[]): Figure {
  const notes = waiting.map((text) => ({ text, tone: 'warning' as const }));
  return { title: 'GPUs', plots: [{ kind: 'shares', title: null, wholes: gpus.map(wholeOf), as: 'amount' }], notes };
}

function wholeOf(gpu: Gpu): Whole {
  const { index, name, node, memoryBytes, memoryUsedBytes, utilization, allocations } = gpu;
  const free = 1 - sharedOut(gpu);
  const facts = [
    free <= 1e-9 ? 'none free' : `${amount(free)} free`,
    ...(memoryBytes === undefined ? [] : [memoryText(memoryBytes, memoryUsedBytes)]),
    ...(utilization === undefined ? [] : [`${Math.round(utilization * 100)} % busy`]),
    node,
  ];
  return {
    label: `GPU ${index}${name === undefined ? '' : `  ${name}`}`,
    note: facts.join(' · '),
    parts: allocations.map(({ replica, share }) => ({ name: replica, group: replica.replace(/#.*$/, ''), share })),
    shadows: [],
  };
}

const memoryText = (bytes: number, used: number | undefined): string =>
  used === undefined ? bytesText(bytes) : `${bytesText(used)} of ${bytesText(bytes)}`;
