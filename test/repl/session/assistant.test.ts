import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Evaluator } from '../../../repl/evaluate/evaluator.ts';
import { newInterrupts } from '../../../repl/evaluate/interrupts.ts';
import { Assistant, FIRST_GLOBALS } from '../../../repl/session/assistant.ts';
import { TypeServer } from '../../../repl/types/type-server.ts';

const test = suite('assistant');

test('what every session has is no mistake before the instance has said what there is', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'servelab-assistant-'));
  const evaluator = new Evaluator({ directory, interrupts: newInterrupts() });
  const assistant = new Assistant(evaluator, new TypeServer({ directory, globals: FIRST_GLOBALS }));
  try {
    await assistant.warmUp();
    assert.equal(
      await assistant.check('await client.status(); await http.get("/"); display(1).update(2); show.status()'),
      [],
    );
    const [{ message } = { message: '' }] = await assistant.check('nobody.knows()');
    assert.is(message, "Cannot find name 'nobody'.");
  } finally {
    await assistant.close();
    await evaluator.dispose();
    rmSync(directory, { recursive: true });
  }
});

test.run();
