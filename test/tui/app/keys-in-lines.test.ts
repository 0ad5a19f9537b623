/** Keys where something else owns the keyboard: a question, a name that is asked for, a line that is typed, the help. */
import { suite, type Test } from 'uvu';
import { bytesOf, type KeyCase, pressed } from '../key-case.ts';

/** A key, and of what it does the sentence. */
type Row = readonly [key: string, about: string, then: KeyCase];

function addRows(test: Test, given: Pick<KeyCase, 'typed' | 'from' | 'ui'>, rows: readonly Row[]): void {
  for (const [key, about, then] of rows) {
    test(`${key} ${about}`, async () => {
      for (const bytes of bytesOf(key)) await pressed(bytes, { ...given, ...then })();
    });
  }
}

const isWithout =
  (gone: RegExp, there: RegExp): KeyCase['to'] =>
  ({ terminal }) =>
    !gone.test(terminal.page()) && there.test(terminal.page());

/** What `y` does where nothing is asked: it copies. */
const NOT_ASKED: Pick<KeyCase, 'followedBy' | 'to' | 'calls'> = {
  followedBy: 'y',
  to: ({ terminal }) => terminal.clipboard === 'classify' && !terminal.page().includes('Esc does not'),
  calls: [],
};

const SPLIT = 'setTraffic "classify" {"resnet:v1":0.7,"resnet:v2":0.3}';
const DELETED = 'deleteEndpoint "classify"';

const questions = suite('keys in a question');
addRows(questions, { typed: ':traffic classify v2=30\r', from: /y does it/ }, [
  ['y', 'does it', { to: /done, revision 8/, calls: [SPLIT] }],
  ['n', 'does not', NOT_ASKED],
  ['q', 'does not, and quits nothing', NOT_ASKED],
  ['escape', 'does not', NOT_ASKED],
  ['ctrl+c', 'quits and does not', { to: 'left', calls: [] }],
  // Had one of them done it, n would be too late; had it closed the question or gone through it, y would.
  ...['enter', '2', 'tab'].flatMap((key): Row[] => [
    [key, 'does not do it', { ...NOT_ASKED, followedBy: 'ny' }],
    [key, 'goes nowhere', { followedBy: 'y', to: isWithout(/y does it|STATE/, /done, revision 8/), calls: [SPLIT] }],
  ]),
]);
questions.run();

const names = suite('keys where a name is asked for');
addRows(names, { typed: 'D\r', from: /Type classify and Enter: {2} / }, [
  ['y', 'is a letter', { to: /Enter: {2}y /, calls: [] }],
  ['q', 'is a letter', { to: /Enter: {2}q /, calls: [] }],
  ['escape', 'does not', NOT_ASKED],
  ['ctrl+c', 'quits and does not', { to: 'left', calls: [] }],
  ['enter', 'without the name does nothing', { followedBy: 'x', to: /Enter: {2}x /, calls: [] }],
]);
addRows(names, { typed: 'D\rclass', from: /Enter: {2}class / }, [
  ['enter', 'behind a part of the name does nothing', { followedBy: 'x', to: /Enter: {2}classx /, calls: [] }],
  ['backspace', 'takes a letter back', { to: /Enter: {2}clas /, calls: [] }],
  ['ctrl+u', 'takes all of it back', { followedBy: 'classify\r', to: /done, revision 8/, calls: [DELETED] }],
  ['ctrl+w', 'takes the word back', { followedBy: 'classify\r', to: /done, revision 8/, calls: [DELETED] }],
]);
addRows(names, { typed: 'D\rclassify', from: /Enter: {2}classify / }, [
  ['enter', 'behind the name does it', { to: /done, revision 8/, calls: [DELETED] }],
]);
names.run();

const filters = suite('keys in a filter');
addRows(filters, { ui: { filters: { overview: 'idle' } }, typed: '/ rate', from: /\/idle rate +Enter keeps it/ }, [
  ['enter', 'keeps it', { to: isWithout(/Enter keeps it/, /─ \/idle rate {2}0 of 3/) }],
  ['escape', 'goes back to the one before', { to: isWithout(/Enter keeps it/, /─ \/idle {2}1 of 3/) }],
  ['backspace', 'takes a letter back', { to: /\/idle rat +Enter keeps it/ }],
  ['ctrl+u', 'takes all of it back', { to: /Endpoints ─+ 3 ─[\s\S]* \/ +Enter keeps it/ }],
  ['ctrl+w', 'takes a word back', { to: /─ \/idle {3}1 of 3[\s\S]*\/idle +Enter keeps it/ }],
  ['q', 'is a letter', { to: /\/idle rateq +Enter keeps it/ }],
  [' ', 'is a letter', { followedBy: 'x', to: /\/idle rate x +Enter keeps it/ }],
]);
filters.run();

const commands = suite('keys in a command');
addRows(commands, { typed: ':sca', from: /:sca / }, [
  ['tab', 'completes the command', { followedBy: 'x', to: /:scale x / }],
  ['enter', 'completes the only command that it may be', { followedBy: 'x', to: /:scale x / }],
  ['q', 'is a letter', { to: /:scaq / }],
  ['escape', 'closes it', { to: isWithout(/─ Command ─/, /─ Endpoints ─/), calls: [] }],
]);
addRows(commands, { typed: ':scale res', from: /:scale res / }, [
  ['tab', 'completes what all of them have in common', { to: /:scale resnet:v / }],
  ['backspace', 'takes a letter back', { to: /:scale re / }],
  ['ctrl+w', 'takes a word back', { followedBy: 'b\t3', to: /:scale bart:v4 3 / }],
  ['ctrl+u', 'takes all of it back', { followedBy: 'goto', to: /:goto / }],
  ['enter', 'does not run what is wrong', { followedBy: 'x', to: /no backend 'resx'/, calls: [] }],
]);
addRows(commands, { typed: ':scale bart:v4 3', from: /numReplicas: 3/ }, [
  ['enter', 'runs it', { to: /done, revision 8/, calls: ['updateBackendConfig "bart:v4" {"numReplicas":3}'] }],
]);
addRows(commands, { typed: ':', from: /: {2,}│/ }, [
  ['backspace', 'closes it where nothing is typed', { to: isWithout(/─ Command ─/, /─ Endpoints ─/) }],
]);
addRows(commands, { typed: ':goto events\r:goto gpus\r:', from: /: {2,}│[\s\S]*traffic <endpoint>/ }, [
  ['up', 'brings the last command back', { to: /:goto gpus / }],
]);
addRows(commands, { typed: ':goto events\r:goto gpus\r:\x1b[A', from: /:goto gpus / }, [
  ['up', 'brings the one before it back', { to: /:goto events / }],
  ['down', 'goes to the newer one, at last to none', { followedBy: 'help', to: /:help / }],
]);
addRows(commands, { typed: ':goto events\r:goto gpus\r:\x1b[A\x1b[A', from: /:goto events / }, [
  ['up', 'stays at the oldest', { followedBy: 'x', to: /:goto eventsx / }],
  ['down', 'goes to the newer one', { to: /:goto gpus / }],
  ['enter', 'runs it once more', { to: /─ Events ─.* and above/ }],
]);
commands.run();

/** Each scrolls from the third line. */
const help = suite('keys in the help');
const CLOSED = isWithout(/─ Keys ─/, /─ Endpoints ─/);
addRows(help, { typed: '?jj', from: /─ Keys ─.*\n│ {2}Tab / }, [
  ...['up', 'k'].map((key): Row => [key, 'goes a row up', { to: /─ Keys ─.*\n│ {2}1-7 / }]),
  ...['down', 'j'].map((key): Row => [key, 'goes a row down', { to: /─ Keys ─.*\n│ {2}Shift\+Tab / }]),
  ['pageup', 'goes up, at most to the first', { to: /─ Keys ─.*\n│ Go / }],
  ['pagedown', 'goes ten rows down', { to: /─ Keys ─.*\n│ {2}↓ j / }],
  ...['escape', 'q', '?', 'enter'].map((key): Row => [key, 'closes it', { to: CLOSED }]),
  ['ctrl+c', 'quits', { to: 'left' }],
  ['2', 'does nothing behind it', { followedBy: 'q', to: CLOSED }],
]);
help.run();
