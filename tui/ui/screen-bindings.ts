/** Keys about the screen itself. */
import type { Binding } from './bindings.ts';
import { subject } from './context.ts';

export const SCREEN_BINDINGS: readonly Binding[] = [
  {
    ...{ keys: ['?'], shown: '?', about: 'this help', short: 'help', group: 'Screen' },
    press: ({ ui }) => ({ ui: { ...ui, isHelpShown: true, scrolled: 0 } }),
  },
  {
    ...{ keys: ['y'], shown: 'y', about: 'copies the name of what is selected', group: 'Screen' },
    isFor: (context) => subject(context) !== null,
    press: (context) => {
      const found = subject(context);
      return found === null ? { ui: context.ui } : { ui: context.ui, effect: { type: 'copy', text: found.name } };
    },
  },
  {
    keys: ['w'],
    shown: 'w',
    about: 'writes a snapshot: the screen and its numbers',
    group: 'Screen',
    press: ({ ui }) => ({ ui, effect: { type: 'snapshot' } }),
  },
  {
    keys: ['M'],
    shown: 'M',
    about: 'mouse on or off',
    group: 'Screen',
    press: ({ ui }) => ({ ui: { ...ui, isMouseOn: !ui.isMouseOn } }),
  },
  {
    keys: ['r'],
    shown: 'r',
    about: 'tries to connect now',
    group: 'Screen',
    isFor: ({ now }) => now.phase.type === 'lost',
    press: ({ ui }) => ({ ui, effect: { type: 'retry' } }),
  },
  {
    keys: ['ctrl+z'],
    shown: 'Ctrl+Z',
    about: 'suspends; `fg` comes back',
    group: 'Screen',
    press: ({ ui }) => ({ ui, effect: { type: 'suspend' } }),
  },
];
