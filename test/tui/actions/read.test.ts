import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CommandContext } from '../../../tui/actions/command.ts';
import type { Plan } from '../../../tui/actions/plan.ts';
import { COMMANDS, completed, completions, readLine } from '../../../tui/actions/read.ts';
import { INITIAL } from '../../../tui/ui/ui.ts';
import { LOOK, statusOf } from '../fixture.ts';

const test = suite('commands');

const CONTEXT: CommandContext = { status: statusOf(), ui: INITIAL, look: LOOK, readonlyReason: null };

function planOf(text: string): Plan {
  const read = readLine(text, CONTEXT);
  if (read.type !== 'ready' || read.outcome.type !== 'plan')
    throw new Error(`'${text}' is no plan: ${JSON.stringify(read)}`);
  return read.outcome.plan;
}

const calls: readonly (readonly [text: string, call: string, confirmation: string])[] = [
  [
    'traffic classify v1=65 v2=35',
    "await client.setTraffic('classify', { 'resnet:v1': 0.65, 'resnet:v2': 0.35 })",
    'yes',
  ],
  [
    'traffic classify v1=0.65 v2=0.35',
    "await client.setTraffic('classify', { 'resnet:v1': 0.65, 'resnet:v2': 0.35 })",
    'yes',
  ],
  ['traffic classify v2=1%', "await client.setTraffic('classify', { 'resnet:v1': 0.99, 'resnet:v2': 0.01 })", 'yes'],
  ['traffic classify v2=0.1', "await client.setTraffic('classify', { 'resnet:v1': 0.9, 'resnet:v2': 0.1 })", 'yes'],
  ['traffic classify bart:v4=100', "await client.setTraffic('classify', { 'bart:v4': 1 })", 'yes'],
  ['scale bart:v4 3', "await client.updateBackendConfig('bart:v4', { numReplicas: 3 })", 'none'],
  ['scale bart:v4 1', "await client.updateBackendConfig('bart:v4', { numReplicas: 1 })", 'yes'],
  ['shadow classify v3 10%', "await client.shadowTraffic('classify', 'resnet:v3', 0.1)", 'none'],
  ['shadow classify v3 0', "await client.shadowTraffic('classify', 'resnet:v3', 0)", 'none'],
  [
    'config bart:v4 maxBatchSize=8 userConfig={"a":1}',
    "await client.updateBackendConfig('bart:v4', { maxBatchSize: 8, userConfig: { a: 1 } })",
    'yes',
  ],
  ['delete endpoint idle', "await client.deleteEndpoint('idle')", 'name'],
  ['delete backend spare', "await client.deleteBackend('spare')", 'name'],
  ['rollback 3', 'await client.rollback(3)', 'yes'],
];

for (const [text, call, confirmation] of calls) {
  test(`'${text}' equals ${call}, and wants ${confirmation}`, () => {
    const plan = planOf(text);
    assert.is(plan.call, call);
    assert.is(plan.confirmation.type, confirmation);
  });
}

const refusals: readonly (readonly [text: string, message: RegExp])[] = [
  ['traffic', /the endpoint is missing/],
  ['traffic nope v1=100', /no endpoint 'nope': there are classify, summarize, idle/],
  ['traffic classify', /weights are missing/],
  ['traffic classify v1', /'v1' is no weight, like v1=80/],
  ['traffic classify v1=80 v2=30', /add up to 110 %, and 100 % is wanted/],
  ['traffic classify bart:v4=30', /add up to 30 %/],
  ['traffic classify v1=50 v1=50', /given twice/],
  ['traffic classify v9=100', /no backend 'v9'/],
  ['scale bart:v4', /the number of replicas is missing/],
  ['scale bart:v4 two', /'two' is none/],
  ['scale bart:v4 1.5', /a whole number >= 0 is wanted, got 1\.5/],
  ['scale bart:v4 -1', /a whole number >= 0/],
  ['scale bart:v4 1 2', /'2' is too much/],
  ['shadow classify v3 1.5', /from 0 to 1/],
  ['config bart:v4', /what to change is missing/],
  ['config bart:v4 nope=1', /'nope=1' changes nothing; there are numReplicas/],
  ['config bart:v4 numReplicas=x', /is no JSON: 'x'/],
  ['delete thing x', /`endpoint` or `backend` is wanted/],
  ['rollback 9', /a revision from 1 to 7 is wanted, got 9/],
  ['goto nowhere', /no view, endpoint, backend or replica 'nowhere'/],
  ['theme pink', /no theme 'pink'/],
  ['frobnicate now', /there is no command 'frobnicate'/],
];

for (const [text, message] of refusals) {
  test(`'${text}' is refused, with what is wrong`, () => {
    const read = readLine(text, CONTEXT);
    assert.is(read.type, 'wrong');
    if (read.type === 'wrong') assert.match(read.message, message);
  });
}

test('nothing is changed where nothing may be', () => {
  const context = { ...CONTEXT, readonlyReason: 'it was opened with --readonly' };
  for (const [text] of calls) {
    const read = readLine(text, context);
    assert.is(read.type, 'wrong', text);
    if (read.type === 'wrong') assert.is(read.message, 'it was opened with --readonly');
  }
});

test('a plan warns of what will hurt', () => {
  assert.match(planOf('traffic classify v2=100').warnings.join(), /^$/);
  assert.match(planOf('traffic classify v1=80 v2=20').warnings.join(), /it is split so already/);
  assert.match(planOf('scale bart:v4 0').warnings.join(), /summarize will answer 503/);
  assert.match(planOf('delete endpoint classify').warnings.join(), /asked 300 times a second/);
  assert.match(planOf('rollback 3').warnings.join(), /whoever changed it/);
});

test('a plan for traffic shows both splits, and what each backend will be asked', () => {
  const texts = planOf('traffic classify v2=50%').preview.map((line) => line.map(({ text }) => text).join(''));
  assert.match(texts[0] ?? '', /now +█+▓+ {2}v1 80% {2}v2 20%/);
  assert.match(texts[1] ?? '', /new +█{18}▓{18} {2}v1 50% {2}v2 50%/);
  assert.match(texts[2] ?? '', /resnet:v2: 150\/s, 150\/s for each of 1 ready/);
});

test('Tab completes commands, names and keys, as far as there is no doubt', () => {
  assert.is(completed('tra', CONTEXT), 'traffic ');
  assert.is(completed('s', CONTEXT), 's');
  assert.equal(completions('s', CONTEXT), ['scale', 'shadow', 'snapshot']);
  assert.is(completed('traffic cl', CONTEXT), 'traffic classify ');
  assert.is(completed('traffic classify r', CONTEXT), 'traffic classify resnet:v');
  assert.is(completed('scale bart', CONTEXT), 'scale bart:v4 ');
  assert.is(completed('config bart:v4 num', CONTEXT), 'config bart:v4 numReplicas=');
  assert.is(completed('delete b', CONTEXT), 'delete backend ');
  assert.is(completed('delete backend b', CONTEXT), 'delete backend bart:v4 ');
  assert.is(completed('goto resnet:v2#', CONTEXT), 'goto resnet:v2#');
  assert.is(completed('nothing', CONTEXT), 'nothing');
});

test('what is given already is not offered again', () => {
  assert.not(completions('traffic classify resnet:v1=80 ', CONTEXT).includes('resnet:v1='));
});

test('every command has a usage that begins with its name', () => {
  for (const { name, usage } of COMMANDS) assert.ok(usage.startsWith(name), usage);
});

test.run();
