/** What a key does, whoever owns the keyboard: a question, a line that is typed, help, or the view. Pure. */

import type { Plan } from '../actions/plan.ts';
import { COMMANDS, completed, readLine } from '../actions/read.ts';
import { bindingOf } from './bindings.ts';
import type { Context, Step } from './context.ts';
import { type Asking, type Busy, noticed, type Typing, type Ui } from './ui.ts';

const KEPT_COMMANDS = 50;

export function press(context: Context, key: string): Step {
  const { ui } = context;
  // Whatever is open: a way out that always works.
  if (key === 'ctrl+c') return { ui, effect: { type: 'quit' } };
  if (ui.failure !== null) return { ui: ['escape', 'enter', 'q', ' '].includes(key) ? { ...ui, failure: null } : ui };
  if (ui.asking !== null) return answer(ui, ui.asking, key);
  if (ui.typing !== null)
    return ui.typing.kind === 'filter' ? filterKey(ui, ui.typing, key) : commandKey(context, ui.typing, key);
  if (ui.isHelpShown) return helpKey(ui, key);
  if (ui.busy !== null && key === 'escape') return { ui: noLongerAwaited(ui, ui.busy, context.time) };
  const binding = bindingOf(key, context);
  if (ui.busy !== null && binding?.group === 'Change')
    return { ui: noticed(ui, `not before there is an answer to: ${ui.busy.title}`, 'warn', context.time) };
  return binding?.press(context, key) ?? { ui };
}

/** The instance may still do it. */
const noLongerAwaited = (ui: Ui, { title }: Busy, now: number): Ui =>
  noticed({ ...ui, busy: null }, `no longer waiting: ${title}, which may still be done`, 'warn', now);

/** Pasted text is text: it never presses keys. */
export function paste({ ui }: Context, text: string): Ui {
  const clean = text.replace(/\s+/g, ' ');
  if (ui.asking?.plan.confirmation.type === 'name')
    return { ...ui, asking: { ...ui.asking, typed: ui.asking.typed + clean.trim() } };
  if (ui.asking !== null || ui.typing === null) return ui;
  return typed(ui, ui.typing, ui.typing.text + clean);
}

function helpKey(ui: Ui, key: string): Step {
  const step = { up: -1, k: -1, down: 1, j: 1, pageup: -10, pagedown: 10 }[key];
  if (step !== undefined) return { ui: { ...ui, scrolled: Math.max(0, ui.scrolled + step) } };
  return { ui: ['escape', 'q', '?', 'enter'].includes(key) ? { ...ui, isHelpShown: false, scrolled: 0 } : ui };
}

function filterKey(ui: Ui, typing: Typing & { kind: 'filter' }, key: string): Step {
  if (key === 'enter') return { ui: { ...ui, typing: null } };
  if (key === 'escape') return { ui: { ...ui, typing: null, filters: { ...ui.filters, [ui.view]: typing.before } } };
  const text = edited(typing.text, key);
  return { ui: text === null ? ui : typed(ui, typing, text) };
}

function typed(ui: Ui, typing: Typing, text: string): Ui {
  const next = { ...ui, typing: { ...typing, text } };
  return typing.kind === 'filter' ? { ...next, scrolled: 0, filters: { ...ui.filters, [ui.view]: text } } : next;
}

/** Null: it is no key of a line. */
function edited(text: string, key: string): string | null {
  switch (key) {
    case 'backspace':
      return [...text].slice(0, -1).join('');
    case 'ctrl+u':
      return '';
    case 'ctrl+w':
      return text.replace(/\S+\s*$/, '');
    default:
      return [...key].length === 1 ? text + key : null;
  }
}

function commandKey(context: Context, typing: Typing & { kind: 'command' }, key: string): Step {
  const { ui } = context;
  const commands = commandContext(context);
  switch (key) {
    case 'escape':
      return { ui: { ...ui, typing: null } };
    case 'tab':
      return { ui: { ...ui, typing: { ...typing, text: completed(typing.text, commands) } } };
    case 'up':
      return { ui: { ...ui, typing: recalled(ui, typing, 1) } };
    case 'down':
      return { ui: { ...ui, typing: recalled(ui, typing, -1) } };
    case 'enter':
      return entered(context, typing.text);
  }
  if (key === 'backspace' && typing.text === '') return { ui: { ...ui, typing: null } };
  const text = edited(typing.text, key);
  return { ui: text === null ? ui : { ...ui, typing: { kind: 'command', text, recalled: 0 } } };
}

function recalled({ commands }: Ui, typing: Typing & { kind: 'command' }, step: 1 | -1): Typing {
  const back = Math.max(0, Math.min(commands.length, typing.recalled + step));
  return { kind: 'command', recalled: back, text: back === 0 ? '' : (commands.at(-back) ?? typing.text) };
}

/** What is wrong stays, to be put right: the line below it says what. */
function entered(context: Context, text: string): Step {
  const { ui } = context;
  const read = readLine(text, commandContext(context));
  if (read.type === 'open') {
    const [only, another] = read.commands;
    const name = only !== undefined && another === undefined ? only.name : text;
    return {
      ui: {
        ...ui,
        typing: { kind: 'command', text: COMMANDS.some((one) => one.name === name) ? `${name} ` : text, recalled: 0 },
      },
    };
  }
  if (read.type === 'wrong') return { ui };
  const next: Ui = {
    ...ui,
    typing: null,
    commands: [...ui.commands.filter((one) => one !== text), text].slice(-KEPT_COMMANDS),
  };
  const { outcome } = read;
  switch (outcome.type) {
    case 'show':
      return { ui: { ...outcome.ui, typing: null, commands: next.commands } };
    case 'effect':
      return { ui: next, effect: outcome.effect };
    case 'plan':
      return asked(next, outcome.plan);
  }
}

/** Runs it, or asks before. */
export function asked(ui: Ui, plan: Plan): Step {
  if (plan.confirmation.type === 'none') return { ui, effect: { type: 'run', plan } };
  return { ui: { ...ui, asking: { plan, typed: '' } } };
}

function answer(ui: Ui, asking: Asking, key: string): Step {
  const { plan, typed: text } = asking;
  const { confirmation } = plan;
  const run: Step = { ui: { ...ui, asking: null }, effect: { type: 'run', plan } };
  if (key === 'escape') return { ui: { ...ui, asking: null } };
  if (confirmation.type !== 'name') {
    if (key === 'y') return run;
    return key === 'n' || key === 'q' ? { ui: { ...ui, asking: null } } : { ui };
  }
  if (key === 'enter') return text === confirmation.name ? run : { ui };
  const next = edited(text, key);
  return next === null ? { ui } : { ui: { ...ui, asking: { plan, typed: next } } };
}

const commandContext = ({ ui, now, look, readonlyReason }: Context) => ({
  status: now.phase.type === 'live' ? now.status : null,
  ui,
  look,
  readonlyReason,
});
