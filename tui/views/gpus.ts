/** Two truths kept apart: what was given out, which is bookkeeping, and what is used, which was measured. */
import { fillOf, meter, seriesOf, splitBar } from '../frame/bars.ts';
import { type Line, line, type Span, span, styled, type Tone } from '../frame/line.ts';
import { panel } from '../frame/panel.ts';
import { amountText, bytesText, percentText } from '../frame/units.ts';
import { parseFilter } from '../model/filter.ts';
import { type GpuRow, gpuRows, pendingRows } from '../model/rows.ts';
import { visible } from './list.ts';
import type { Area, Scene } from './scene.ts';

const BAR = 24;

export function shownGpus({ live, ui }: Pick<Scene, 'live' | 'ui'>): GpuRow[] {
  if (live.status === null) return [];
  const filter = parseFilter(ui.filters.gpus ?? '');
  return gpuRows(live.status).filter((gpu) =>
    filter({
      gpu: gpu.index,
      name: gpu.name ?? '',
      node: gpu.node,
      replica: gpu.allocations.map(({ replica }) => replica).join(' '),
    }),
  );
}

export const gpuId = ({ node, index }: GpuRow): string => `${node}/${index}`;

export function gpusView(scene: Scene, area: Area): Line[] {
  const { live, look } = scene;
  const rows = shownGpus(scene);
  const waiting = live.status === null ? [] : pendingRows(live.status);
  const waitingRows = waiting.length === 0 ? 0 : Math.min(waiting.length + 2, 6);
  const top = { columns: area.columns, rows: area.rows - waitingRows };
  if (rows.length === 0)
    return [...noGpus(scene, top), ...waitingPanel(scene, waiting, { columns: area.columns, rows: waitingRows })];
  const height = Math.max(1, Math.floor((top.rows - 2) / linesPerGpu(rows)));
  const isSelected = (gpu: GpuRow): boolean => gpuId(gpu) === scene.ui.selected.gpus;
  const content = visible(rows, height, isSelected).rows.flatMap((gpu) =>
    gpuLines(gpu, top.columns - 2, isSelected(gpu), look, linesPerGpu(rows)).map((one) =>
      styled(one, { target: `row ${gpuId(gpu)}` }),
    ),
  );
  const isMeasured = rows.some(({ utilization }) => utilization !== undefined);
  const note = isMeasured
    ? 'alloc: given out   util, mem: nvidia-smi'
    : 'alloc: given out   util: nothing measures it here';
  return [
    ...panel({ title: 'GPUs', note, ...top, tone: 'info' }, content, look),
    ...waitingPanel(scene, waiting, { columns: area.columns, rows: waitingRows }),
  ];
}

const linesPerGpu = (rows: readonly GpuRow[]): number =>
  2 +
  (rows.some(({ utilization }) => utilization !== undefined) ? 1 : 0) +
  (rows.some(({ memoryBytes }) => memoryBytes !== undefined) ? 1 : 0);

function gpuLines(gpu: GpuRow, columns: number, isSelected: boolean, look: Scene['look'], lines: number): Line[] {
  const bar = Math.min(40, Math.max(10, Math.min(BAR, columns - 30)));
  const pointer = span(isSelected ? look.glyphs.pointer : ' ', 'info');
  const name = line(
    pointer,
    span(`GPU ${gpu.index}`, 'plain', true),
    `  ${gpu.name ?? ''}  `,
    span(`${gpu.node}  ${gpu.uuid ?? ''}`, 'dim'),
  );
  const label = (text: string): Span => span(`   ${text.padEnd(6)}`, 'dim');
  const all = [
    name,
    [
      label('alloc'),
      ...allocationBar(gpu, bar, look),
      ...line(`  ${amountText(gpu.allocated)}/1  `),
      ...holders(gpu, look),
    ],
    utilizationLine(gpu, bar, look, label('util')),
    memoryLine(gpu, bar, look, label('mem')),
  ];
  return all.filter((one) => one !== null).slice(0, lines);
}

const allocationBar = ({ allocations, allocated }: GpuRow, bar: number, { glyphs }: Scene['look']): Line =>
  splitBar(
    allocations.map(({ share }, at) => ({
      share,
      fill: fillOf(glyphs, at),
      tone: allocated > 1.0001 ? 'bad' : seriesOf(at),
    })),
    bar,
    glyphs.empty,
    Math.max(1, allocated),
  );

function holders({ allocations }: GpuRow, { glyphs }: Scene['look']): Line {
  if (allocations.length === 0) return [span('free', 'dim')];
  return allocations.flatMap(({ replica, share }, at) => [
    span(`${fillOf(glyphs, at)} `, seriesOf(at)),
    span(`${replica}${share < 1 ? ` ${amountText(share)}` : ''}  `),
  ]);
}

function utilizationLine({ utilization }: GpuRow, bar: number, { glyphs }: Scene['look'], label: Span): Line | null {
  if (utilization === undefined) return null;
  return [
    label,
    ...meter(utilization, bar, glyphs, toneFrom(utilization, 0.75, 0.9)),
    ...line(`  ${percentText(utilization)}`),
  ];
}

function memoryLine(
  { memoryBytes, memoryUsedBytes }: GpuRow,
  bar: number,
  { glyphs }: Scene['look'],
  label: Span,
): Line | null {
  if (memoryBytes === undefined) return null;
  if (memoryUsedBytes === undefined)
    return [label, ...line(`${bytesText(memoryBytes)}, how much of it is used is not known`)];
  const share = memoryUsedBytes / memoryBytes;
  const text = `  ${percentText(share)}  ${bytesText(memoryUsedBytes)} of ${bytesText(memoryBytes)}`;
  return [label, ...meter(share, bar, glyphs, toneFrom(share, 0.8, 0.9)), ...line(text)];
}

const toneFrom = (share: number, warn: number, bad: number): Tone =>
  share >= bad ? 'bad' : share >= warn ? 'warn' : 'ok';

/** One line for each, on the overview. */
export function gpuBarsPanel(scene: Scene, area: Area): Line[] {
  const { live, look } = scene;
  const rows = live.status === null ? [] : gpuRows(live.status);
  const lines = rows.map((gpu): Line => {
    const utilization = gpu.utilization === undefined ? [] : line(`  util ${percentText(gpu.utilization)}`);
    const name = line(span(` GPU ${String(gpu.index).padEnd(2)} `, 'dim'));
    return [
      ...name,
      ...allocationBar(gpu, 20, look),
      ...line(`  ${amountText(gpu.allocated)}/1`),
      ...utilization,
      ...line('  '),
      ...holders(gpu, look),
    ];
  });
  return panel({ title: 'GPUs', note: `${rows.length}`, ...area }, lines, look);
}

function noGpus({ ui, look }: Scene, area: Area): Line[] {
  const filter = ui.filters.gpus ?? '';
  const words =
    filter !== ''
      ? [`No GPU matches /${filter}  (Esc clears the filter)`]
      : [
          'This instance has no GPUs: none was found on the machine, and none was declared. To declare some:',
          '',
          '  serve.start({ resources: { gpus: 2 } })',
        ];
  return panel({ title: 'GPUs', ...area, tone: 'info' }, [[], ...words.map((text) => line(`  ${text}`))], look);
}

function waitingPanel({ look }: Scene, waiting: ReturnType<typeof pendingRows>, area: Area): Line[] {
  if (area.rows === 0) return [];
  const lines = waiting.map(({ backend, count, reason }) =>
    line(
      span(` ${look.glyphs.starting} `, 'warn'),
      span(`${backend}${count > 1 ? ` (${count})` : ''}`, 'plain', true),
      `  ${reason.replaceAll('\n', ' ')}`,
    ),
  );
  return panel({ title: 'Waiting', note: String(waiting.length), ...area, tone: 'warn' }, lines, look);
}
