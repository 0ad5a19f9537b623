import { toAmount } from '../domain/resources.ts';
import type { NodeStatus } from '../domain/status.ts';
import type { Gpu } from './gpu-inventory.ts';
import type { GpuSource, NodeLedger } from './ledger.ts';

/** What a node has and who holds it: GPUs that are gone are shown as long as somebody holds them. */
export function showResources(ledger: NodeLedger, gpus: GpuSource): Pick<NodeStatus, 'cpus' | 'gpus' | 'custom'> {
  const { cpus, custom } = ledger.account();
  const used = (holders: readonly { readonly units: number }[]): number =>
    toAmount(holders.reduce((sum, { units }) => sum + units, 0));
  return {
    cpus: { total: toAmount(cpus.total), used: used(cpus.holders), enforced: cpus.isEnforced },
    gpus: showGpus(ledger, gpus),
    custom: Object.fromEntries(
      [...custom].map(([name, { total, holders }]) => [name, { total: toAmount(total), used: used(holders) }]),
    ),
  };
}

function showGpus(ledger: NodeLedger, source: GpuSource): NodeStatus['gpus'] {
  const shown = new Map<string, NodeStatus['gpus'][number]>();
  const show = ({ key, ...figures }: Gpu): NodeStatus['gpus'][number] => {
    const gpu = shown.get(key) ?? { ...figures, allocations: [] };
    shown.set(key, gpu);
    return gpu;
  };
  for (const gpu of source.offered) show(gpu);
  for (const { replica, shares } of ledger.grants) {
    for (const { gpu: key, units } of shares) {
      const gpu = source.find(key);
      if (gpu) show(withoutFigures(gpu)).allocations.push({ replica, share: toAmount(units) });
    }
  }
  return [...shown.values()].sort((a, b) => a.index - b.index);
}

/** Of one that is gone: what was measured is no longer so. */
const withoutFigures = ({ memoryUsedBytes, utilization, ...gpu }: Gpu): Gpu => gpu;
