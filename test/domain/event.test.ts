import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EVENT_LEVELS, type ServeEvent, subjectOf } from '../../lib/domain/event.ts';

const test = suite('event');
const FACT = { at: '2026-01-02T03:04:05.678Z', message: 'm' };
const CHANGE = { ...FACT, revision: 7, author: 'repl' };

test('the subject of an event is the narrowest name it carries', () => {
  const subjects: [ServeEvent, string][] = [
    [{ ...FACT, type: 'replica.started', backend: 'b', replica: 'b#1' }, 'b#1'],
    [{ ...CHANGE, type: 'shadow.set', endpoint: 'e', backend: 'b', proportion: 1 }, 'e'],
    [{ ...CHANGE, type: 'backend.created', backend: 'b' }, 'b'],
    [{ ...FACT, type: 'error.unhandled', source: 'proxy', stack: null }, 'proxy'],
    [{ ...FACT, type: 'instance.started', instance: 'default', pid: 1 }, 'default'],
    [{ ...CHANGE, type: 'state.rolledBack', toRevision: 3 }, 'revision 7'],
  ];
  for (const [event, subject] of subjects) assert.is(subjectOf(event), subject);
});

test('deaths and failures nobody waits for are errors, control changes are not', () => {
  assert.equal(
    [EVENT_LEVELS['replica.died'], EVENT_LEVELS['error.unhandled'], EVENT_LEVELS['traffic.set']],
    ['error', 'error', 'info'],
  );
});

test.run();
