/** Commands about the screen itself. */
import type { Theme } from '../frame/look.ts';
import { type Detail, VIEWS, type View } from '../ui/ui.ts';
import { type Command, CommandError, requireNoMore, requireWord } from './command.ts';

const THEMES: readonly Theme[] = ['dark', 'light', 'contrast', 'mono'];

const KINDS: readonly (readonly [Detail['kind'], 'endpoints' | 'backends'])[] = [
  ['endpoint', 'endpoints'],
  ['backend', 'backends'],
];

const goto: Command = {
  name: 'goto',
  usage: 'goto <view, endpoint, backend or replica>',
  about: 'a view, or the page of something',
  complete: (_, at, { status }) => {
    if (at > 0) return [];
    const names =
      status === null
        ? []
        : [...Object.keys(status.endpoints), ...Object.keys(status.backends), ...status.replicas.map(({ tag }) => tag)];
    return [...new Set([...VIEWS, ...names])];
  },
  read: (words, { ui, status }) => {
    requireNoMore(words, 1);
    const name = requireWord(words, 0, 'where to');
    const view = VIEWS.find((one) => one === name.toLowerCase());
    if (view !== undefined)
      return { type: 'show', ui: { ...ui, view: view satisfies View, detail: null, scrolled: 0 } };
    const kind =
      KINDS.find(([, field]) => status?.[field][name] !== undefined)?.[0] ??
      (status?.replicas.some(({ tag }) => tag === name) ? 'replica' : null);
    if (kind === null) throw new CommandError(`there is no view, endpoint, backend or replica '${name}'`);
    return { type: 'show', ui: { ...ui, detail: { kind, name } } };
  },
};

const theme: Command = {
  name: 'theme',
  usage: `theme ${THEMES.join('|')}`,
  about: 'colours',
  complete: (_, at) => (at === 0 ? THEMES : []),
  read: (words, { ui }) => {
    requireNoMore(words, 1);
    const found = THEMES.find((one) => one === requireWord(words, 0, 'the theme'));
    if (found === undefined) throw new CommandError(`there is no theme '${words[0]}'`);
    return { type: 'show', ui: { ...ui, theme: found } };
  },
};

const simple = (name: string, about: string, type: 'quit' | 'wall' | 'pager' | 'snapshot'): Command => ({
  ...{ name, usage: name, about },
  complete: () => [],
  read: (words) => {
    requireNoMore(words, 0);
    return { type: 'effect', effect: { type } };
  },
});

const help: Command = {
  ...{ name: 'help', usage: 'help', about: 'every key' },
  complete: () => [],
  read: (words, { ui }) => {
    requireNoMore(words, 0);
    return { type: 'show', ui: { ...ui, isHelpShown: true, scrolled: 0 } };
  },
};

export const SCREEN_COMMANDS: readonly Command[] = [
  goto,
  theme,
  simple('wall', 'a dashboard on the whole screen; q comes back', 'wall'),
  simple('pager', "the instance's log, in a pager", 'pager'),
  simple('snapshot', 'writes the screen and its numbers to files', 'snapshot'),
  help,
  simple('quit', 'leaves the instance as it is', 'quit'),
];
