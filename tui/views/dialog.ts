/** What stands over the screen: a command that is typed, with what it would do; a question before it is done. */

import { escapeControls } from '../../lib/index.ts';
import type { Plan } from '../actions/plan.ts';
import { completions, readLine } from '../actions/read.ts';
import { type Line, line, span, type Tone } from '../frame/line.ts';
import { overlay, panel } from '../frame/panel.ts';
import { clip } from '../frame/width.ts';
import { wrap } from '../frame/wrap.ts';
import type { Failure } from '../ui/ui.ts';
import type { Scene } from './scene.ts';

const WIDTH = 96;
const MOST_COMPLETIONS = 5;

/** The screen with it, or as it is. */
export function withDialog(screen: readonly Line[], scene: Scene): readonly Line[] {
  const content = contentOf(scene);
  if (content === null) return screen;
  const columns = widthIn(scene);
  const rows = Math.min(content.lines.length + 2, scene.rows - 2);
  const box = panel(
    { title: content.title, note: content.note, columns, rows, tone: content.tone },
    content.lines,
    scene.look,
  );
  const row = Math.max(1, Math.min(4, scene.rows - rows - 1));
  return overlay(screen, box, Math.floor((scene.columns - columns) / 2), row);
}

interface Content {
  readonly title: string;
  readonly note: string;
  readonly tone: 'info' | 'warn' | 'bad';
  readonly lines: readonly Line[];
}

function contentOf(scene: Scene): Content | null {
  const { ui } = scene;
  if (ui.failure !== null) return failed(ui.failure, scene);
  if (ui.asking !== null) return question(ui.asking.plan, ui.asking.typed, scene);
  if (ui.typing?.kind === 'command') return palette(ui.typing.text, scene);
  return null;
}

function failed({ title, text }: Failure, scene: Scene): Content {
  const lines = text.split('\n').flatMap((one) => wrap(escapeControls(one), insideOf(scene)));
  return { title, note: 'Esc closes', tone: 'bad', lines: [[], ...lines.map((one) => line(` ${one}`)), []] };
}

function question(plan: Plan, typed: string, scene: Scene): Content {
  const { confirmation } = plan;
  const end =
    confirmation.type === 'name'
      ? line(' Type ', span(confirmation.name, 'plain', true), ' and Enter:  ', span(typed, 'bad', true), {
          text: ' ',
          inverse: true,
        })
      : line(span(' y', 'info', true), ' does it   ', span('n', 'info', true), ' does not');
  return {
    title: plan.title,
    note: 'Esc gives it up',
    tone: confirmation.type === 'name' ? 'bad' : 'warn',
    lines: [[], ...planLines(plan, scene), [], end],
  };
}

function planLines({ preview, warnings, call, revision }: Plan, scene: Scene): Line[] {
  const { look, live } = scene;
  const now = live.status?.instance.revision ?? revision;
  const changed = now === revision ? [] : [`revision ${now} has come since: it will not be done, look again`];
  return [
    ...preview,
    ...[...warnings, ...changed].flatMap((text) => folded(`${look.glyphs.warning} `, text, 'warn', scene)),
    [],
    ...folded('= ', call, 'info', scene),
  ];
}

/** With its mark before the first line only. */
const folded = (mark: string, text: string, tone: Tone, scene: Scene): Line[] =>
  wrap(text, insideOf(scene) - mark.length).map((one, at) =>
    line(span(` ${at === 0 ? mark : ' '.repeat(mark.length)}`, tone), span(one, tone)),
  );

const widthIn = ({ columns }: Scene): number => Math.min(WIDTH, columns - 2);
/** Between its borders, less a blank. */
const insideOf = (scene: Scene): number => Math.max(10, widthIn(scene) - 4);

function palette(text: string, scene: Scene): Content {
  const { ui, live, look, readonlyReason } = scene;
  const status = live.phase.type === 'live' ? live.status : null;
  const context = { status, ui, look, readonlyReason };
  const read = readLine(text, context);
  // Its end is what is being typed.
  const shown = clip([...text].reverse().join(''), widthIn(scene) - 8);
  const input = line(span(' :', 'info', true), [...shown].reverse().join(''), { text: ' ', inverse: true });
  const found = completions(text, context);
  const more = found.length > MOST_COMPLETIONS ? `  ${found.length - MOST_COMPLETIONS} more` : '';
  const next =
    found.length === 0 ? [] : [line(span(` Tab  ${found.slice(0, MOST_COMPLETIONS).join('  ')}${more}`, 'dim'))];
  return {
    title: 'Command',
    note: 'Enter runs   Tab completes   Esc closes',
    tone: 'info',
    lines: [input, ...next, [], ...readLines(read, scene)],
  };
}

function readLines(read: ReturnType<typeof readLine>, scene: Scene): Line[] {
  switch (read.type) {
    case 'open':
      return read.commands.map(({ usage, about }) => line(span(` ${usage.padEnd(44)}`, 'info'), span(about, 'dim')));
    case 'wrong':
      return [
        ...folded(`${scene.look.glyphs.warning} `, read.message, 'warn', scene),
        line(span(` ${read.usage}`, 'dim')),
      ];
    case 'ready':
      if (read.outcome.type === 'plan') return planLines(read.outcome.plan, scene);
      return [line(span(` ${read.usage}`, 'dim'))];
  }
}
