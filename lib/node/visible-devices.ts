import type { FoundGpu } from './gpu-report.ts';

/**
 * The physical indices that a CUDA_VISIBLE_DEVICES leaves visible, in its order; null when it is not set. Pure.
 *
 * Names are indices or UUIDs, also abbreviated (`GPU-8932f9`). As in CUDA the first that names nothing ends the list, so
 * '' and '-1' leave none. `found`: the GPUs of the machine; empty when nothing is known of them, then any index counts.
 */
export function visibleIndices(visible: string | undefined, found: readonly FoundGpu[]): readonly number[] | null {
  if (visible === undefined) return null;
  const indices = new Set<number>();
  for (const name of visible.split(',')) {
    const index = indexOf(name.trim(), found);
    if (index === null) break;
    indices.add(index);
  }
  return [...indices];
}

function indexOf(name: string, found: readonly FoundGpu[]): number | null {
  if (/^\d{1,4}$/.test(name)) {
    const index = Number(name);
    return found.length === 0 || found.some((gpu) => gpu.index === index) ? index : null;
  }
  if (!/^GPU-./.test(name)) return null;
  const [match, ...others] = found.filter(({ uuid }) => uuid?.startsWith(name));
  return match && others.length === 0 ? match.index : null;
}
