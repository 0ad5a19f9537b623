import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Comparison } from '../fixtures/language-id/comparison.ts';
import { KNOWN_TO_FRANC_ALONE, KNOWN_TO_FRANC_MIN, sentencesIn } from './declaration.ts';
import { mapAtOnce, untilMetric, withLanguageService } from './language-service.ts';

const known = sentencesIn(KNOWN_TO_FRANC_MIN);
const others = sentencesIn(KNOWN_TO_FRANC_ALONE);

const test = suite('end to end: shadow');

test('a shadow is compared with what it is to replace, answer by answer, while every caller gets the old one', async () => {
  await withLanguageService(async ({ client, classify }) => {
    await client.shadowTraffic('language', 'v2', 1);
    const answers = await mapAtOnce([...known, ...others], 32, ({ text }) => classify(text));
    assert.ok(answers.every(({ by }) => by === 'v1'));

    const comparison = (await client.getHandle<typeof Comparison>('comparison')).options({ methodName: 'table' });
    const { pairs, alone, agreement } = await comparison.remote(answers.length);
    assert.is(pairs, answers.length);
    assert.is(alone, 0);

    const rows = Object.values(agreement);
    const rowTotal = rows.reduce(
      (total, { agreed, differed }) => total + agreed + Object.values(differed).reduce((sum, count) => sum + count, 0),
      0,
    );
    assert.is(rowTotal, pairs);
    assert.is(agreement.jpn?.agreed, known.filter(({ language }) => language === 'jpn').length);
    // What v1 calls by a language it knows, v2 often knows better: that is what the shadow is there to show.
    const agreed = rows.reduce((total, row) => total + row.agreed, 0);
    assert.ok(agreed >= 0.93 * known.length, `${agreed} of ${known.length} sentences in shared languages`);
    assert.ok(agreed <= known.length + 0.1 * others.length, `${agreed} agreed, but v1 cannot know ${others.length}`);
  });
});

test('half a shadow copies about half, and none once it is ended', async () => {
  await withLanguageService(async ({ client, classify }) => {
    const table = (await client.getHandle<typeof Comparison>('comparison')).options({ methodName: 'table' });
    await client.shadowTraffic('language', 'v2', 0.5);
    await mapAtOnce(known, 32, ({ text }) => classify(text));
    // 5 standard deviations: wrong once in 1.7 million runs.
    const least = Math.floor(known.length / 2 - 5 * Math.sqrt(known.length / 4));
    const most = Math.ceil(known.length / 2 + 5 * Math.sqrt(known.length / 4));
    await table.remote(least);
    assert.equal((await client.status()).endpoints.language?.shadows, { v2: 0.5 });

    await client.shadowTraffic('language', 'v2', 0);
    // A drain ends when the copies under way have ended: what is paired then is all that ever will be.
    await client.deleteBackend('v2');
    const { pairs } = await table.remote(0);
    assert.ok(pairs >= least && pairs <= most, `${pairs} of ${known.length} were copied`);
    await mapAtOnce(known.slice(0, 50), 8, ({ text }) => classify(text));
    assert.is((await table.remote(0)).pairs, pairs);
  });
});

test('a shadow that fails every query changes no answer and is counted', async () => {
  await withLanguageService(async ({ client, classify }) => {
    await client.createBackend('broken', () => {
      throw new Error('a model that does not load');
    });
    const asked = known.slice(0, 100);
    const before = await mapAtOnce(asked, 8, ({ text }) => classify(text));
    await client.shadowTraffic('language', 'broken', 1);
    const during = await mapAtOnce(asked, 8, ({ text }) => classify(text));
    assert.equal(during, before);
    // A shadow may end after the answer it is a copy of.
    await untilMetric(client, 'serve_backend_error_counter{backend="broken"}', asked.length);
    await untilMetric(client, 'serve_backend_error_counter{backend="v1"}', 0);
  });
});

test.run();
